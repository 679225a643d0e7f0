namespace EndToEnd.Tests.Packages;

/// <summary>The template package of this checkout and one repository made of it, nothing restored: a test works in a copy.</summary>
public sealed class PackedTemplates : IAsyncLifetime
{
    private readonly string _home = Directory.CreateTempSubdirectory("micromonitored-packages-").FullName;
    private string _scaffold = "";

    /// <summary>Package files of this checkout: the rooms and the templates.</summary>
    public string Folder { get; private set; } = "";

    /// <summary>What NuGet asks on this machine, as a nuget.config lists it.</summary>
    public string Sources { get; private set; } = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var root = ScaffoldedShop.Root;
        (await CommandLine.RunAsync("bash", [Path.Combine(root, "build.sh"), "--target=Pack"], root, null, TimeSpan.FromMinutes(5), Cancellation)).Succeeded();
        var packages = Path.Combine(root, "artifacts", "packages");
        var templates = Directory.EnumerateFiles(packages, "MicroMonitored.Templates.*.nupkg", SearchOption.AllDirectories).Single();
        Folder = Path.GetDirectoryName(templates)!;
        var listed = await DotnetAsync(_home, "nuget", "list", "source", "--format", "short");
        var enabled = listed.Lines.Where(line => line.StartsWith("E ", StringComparison.Ordinal));
        Sources = string.Concat(enabled.Index().Select(source => $"""<add key="machine{source.Index}" value="{source.Item[2..]}" />"""));
        var hive = Path.Combine(_home, "hive");
        await DotnetAsync(_home, "new", "install", templates, "--debug:custom-hive", hive);
        _scaffold = Path.Combine(_home, "Shop");
        await DotnetAsync(
            _home, "new", "micro-monitored", "--name", "Shop", "--output", _scaffold, "--no-update-check", "--no-restore", "--debug:custom-hive", hive);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_home, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>A new empty folder.</summary>
    public string NewFolder() => Directory.CreateDirectory(Path.Combine(_home, Path.GetRandomFileName())).FullName;

    /// <summary>A copy of the repository below a folder of its own, with an empty package cache.</summary>
    public PackedShop Copy()
    {
        var shop = new PackedShop(this, NewFolder());
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        foreach (var file in Directory.EnumerateFiles(_scaffold, "*", everything))
        {
            var copy = Path.Combine(shop.Folder, Path.GetRelativePath(_scaffold, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return shop;
    }

    internal static async Task<CommandResult> DotnetAsync(string folder, params string[] arguments)
    {
        var variables = new Dictionary<string, string> { ["DOTNET_NOLOGO"] = "1", ["MSBUILDDISABLENODEREUSE"] = "1" };
        var result = await CommandLine.RunAsync("dotnet", arguments, folder, variables, TimeSpan.FromMinutes(5), Cancellation);
        result.Succeeded();
        return result;
    }
}

/// <summary>A repository with an empty package cache.</summary>
/// <param name="Outer">The folder above it.</param>
public sealed record PackedShop(PackedTemplates Templates, string Outer)
{
    public string Folder => Path.Combine(Outer, "Shop");

    public string Cache => Path.Combine(Outer, "cache");

    private Dictionary<string, string> Environment => new() { ["NUGET_PACKAGES"] = Cache, ["MSBUILDDISABLENODEREUSE"] = "1", ["DOTNET_NOLOGO"] = "1" };

    public void Write(string path, string content) => File.WriteAllText(Path.Combine(Outer, path), content);

    public Task<CommandResult> TargetAsync(string target, params string[] arguments)
        => RunAsync("bash", [Path.Combine(Folder, "build.sh"), $"--target={target}", .. arguments]);

    public Task<CommandResult> DotnetAsync(params string[] arguments) => RunAsync("dotnet", arguments);

    public Task<CommandResult> RunAsync(string program, params string[] arguments)
        => CommandLine.RunAsync(program, arguments, Folder, Environment, TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken);
}
