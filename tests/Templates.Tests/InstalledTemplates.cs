using System.IO.Compression;

[assembly: AssemblyFixture(typeof(Templates.Tests.InstalledTemplates))]

namespace Templates.Tests;

/// <summary>The package of this checkout, installed into a hive of its own: once for all tests.</summary>
public sealed class InstalledTemplates : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("templates").FullName;
    private int _made;
    private Hive? _hive;

    /// <summary>The path of the package.</summary>
    public string Package { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        (await Command.RunAsync("bash", Repository.Root, "build.sh", "--target=Pack")).Succeeded();
        Package = Directory.GetFiles(Path.Combine(Repository.Root, "artifacts", "packages"), "MicroMonitored.Templates.*.nupkg",
            SearchOption.AllDirectories).Single();
        _hive = await HiveAsync();
    }

    public ValueTask DisposeAsync()
    {
        _hive?.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    internal Task<Outcome> NewAsync(string where, params string[] arguments) => _hive!.NewAsync(where, arguments);

    /// <summary>The package in another hive: for a class of tests that creates much while others do.</summary>
    internal async Task<Hive> HiveAsync()
    {
        var another = new Hive(Folder());
        (await another.NewAsync(_folder, "install", Package)).Succeeded();
        return another;
    }

    internal ZipArchive OpenPackage() => ZipFile.OpenRead(Package);

    /// <summary>A new empty folder.</summary>
    internal string Folder()
        => Directory.CreateDirectory(Path.Combine(_folder, $"{Interlocked.Increment(ref _made)}")).FullName;

    /// <summary>A repository made by the template, packages not restored.</summary>
    internal async Task<ScaffoldedRepository> RepositoryAsync(string name, params string[] arguments)
    {
        var target = Folder();
        (await NewAsync(target, ["micro-monitored", "-n", name, "-o", target, "--no-restore", .. arguments])).Succeeded();
        return new ScaffoldedRepository(target);
    }
}

/// <summary>Where <c>dotnet new</c> keeps its installed packages, which it cannot share between processes.</summary>
internal sealed class Hive(string folder) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    public async Task<Outcome> NewAsync(string where, params string[] arguments)
    {
        await _turn.WaitAsync();
        try
        {
            return await Command.RunAsync("dotnet", where, ["new", .. arguments, "--debug:custom-hive", folder]);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
