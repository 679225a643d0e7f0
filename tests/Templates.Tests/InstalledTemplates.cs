using System.IO.Compression;

[assembly: AssemblyFixture(typeof(Templates.Tests.InstalledTemplates))]

namespace Templates.Tests;

/// <summary>The package of this checkout, installed into a hive of its own: once for all tests.</summary>
public sealed class InstalledTemplates : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("templates").FullName;
    private int scaffolded;

    /// <summary>The path of the package.</summary>
    public string Package { get; private set; } = "";

    private string Hive => Path.Combine(folder, "hive");

    public async ValueTask InitializeAsync()
    {
        var packed = await Command.RunAsync(
            "dotnet", folder, "pack", Path.Combine(Repository.Templates, "MicroMonitored.Templates.csproj"), "-o", folder, "-nodeReuse:false");
        packed.Succeeded();
        Package = Directory.GetFiles(folder, "*.nupkg").Single();
        (await Command.RunAsync("dotnet", folder, "new", "install", Package, "--debug:custom-hive", Hive)).Succeeded();
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    internal Task<Outcome> NewAsync(string where, params string[] arguments)
        => Command.RunAsync("dotnet", where, ["new", .. arguments, "--debug:custom-hive", Hive]);

    internal ZipArchive OpenPackage() => ZipFile.OpenRead(Package);

    /// <summary>A new empty folder.</summary>
    internal string Folder()
        => Directory.CreateDirectory(Path.Combine(folder, $"{Interlocked.Increment(ref scaffolded)}")).FullName;

    /// <summary>A repository made by the template, packages not restored.</summary>
    internal async Task<ScaffoldedRepository> RepositoryAsync(string name, params string[] arguments)
    {
        var target = Folder();
        (await NewAsync(target, ["micro-monitored", "-n", name, "-o", target, "--no-restore", .. arguments])).Succeeded();
        return new ScaffoldedRepository(target);
    }
}
