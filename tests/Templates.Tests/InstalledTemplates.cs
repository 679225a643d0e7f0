using System.IO.Compression;

[assembly: AssemblyFixture(typeof(Templates.Tests.InstalledTemplates))]

namespace Templates.Tests;

/// <summary>The package of this checkout, installed into a hive of its own: once for all tests.</summary>
public sealed class InstalledTemplates : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("templates").FullName;
    private int made;
    private Hive? hive;

    /// <summary>The path of the package.</summary>
    public string Package { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        (await Command.RunAsync("bash", Repository.Root, "build.sh", "--target=Pack")).Succeeded();
        Package = Directory.GetFiles(Path.Combine(Repository.Root, "artifacts", "packages"), "MicroMonitored.Templates.*.nupkg", SearchOption.AllDirectories).Single();
        hive = await HiveAsync();
    }

    public ValueTask DisposeAsync()
    {
        hive?.Dispose();
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    internal Task<Outcome> NewAsync(string where, params string[] arguments) => hive!.NewAsync(where, arguments);

    /// <summary>The package in another hive: for a class of tests that creates much while others do.</summary>
    internal async Task<Hive> HiveAsync()
    {
        var another = new Hive(Folder());
        (await another.NewAsync(folder, "install", Package)).Succeeded();
        return another;
    }

    internal ZipArchive OpenPackage() => ZipFile.OpenRead(Package);

    /// <summary>A new empty folder.</summary>
    internal string Folder()
        => Directory.CreateDirectory(Path.Combine(folder, $"{Interlocked.Increment(ref made)}")).FullName;

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
    private readonly SemaphoreSlim turn = new(1);

    public async Task<Outcome> NewAsync(string where, params string[] arguments)
    {
        await turn.WaitAsync();
        try
        {
            return await Command.RunAsync("dotnet", where, ["new", .. arguments, "--debug:custom-hive", folder]);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();
}
