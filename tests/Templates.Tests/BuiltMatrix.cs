using System.Security;

namespace Templates.Tests;

/// <summary>
/// The rows of the matrix, scaffolded inside a repository that has package management and build properties of its own,
/// restored together and compiled in one go with every analyzer on.
/// </summary>
public sealed class BuiltMatrix(InstalledTemplates templates) : IAsyncLifetime
{
    // One compiler for all rows, which ends with them: the analyzers are loaded and compiled once.
    private readonly string _compiler = $"templates-{Guid.NewGuid():n}";
    private readonly Dictionary<string, ScaffoldedRepository> _repositories = [];
    private readonly string _outer = templates.Folder();

    internal ScaffoldedRepository this[string row] => _repositories[row];

    /// <summary>What the build said.</summary>
    internal Outcome Built { get; private set; } = new(-1, "", "");

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_outer, "Directory.Packages.props"), """
            <Project>
              <PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup>
              <ItemGroup><PackageVersion Include="xunit" Version="2.0.0" /></ItemGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(_outer, "Directory.Build.props"),
            "<Project><PropertyGroup><LangVersion>7.0</LangVersion></PropertyGroup></Project>");
        using var hive = await templates.HiveAsync();
        foreach (var row in Matrix.Rows)
        {
            Finished(await hive.NewAsync(_outer, row.Arguments));
            var repository = _repositories[row.Name] = new ScaffoldedRepository(Path.Combine(_outer, row.Name));
            foreach (var addition in row.Additions)
                Finished(await hive.NewAsync(repository.Folder, addition.Arguments));
        }

        var solution = await SolutionAsync("matrix.slnx", [.. Matrix.Rows], Matrix.Rows[0]);
        (await Command.RunAsync("dotnet", _outer, "restore", solution, "-nodeReuse:false")).Succeeded();
        Built = await BuildAsync(solution);
    }

    public async ValueTask DisposeAsync()
    {
        var folder = await Command.RunAsync("dotnet", Repository.Root, "msbuild", Path.Combine(Repository.Root, "build", "Build.csproj"),
            "-getProperty:RoslynTargetsPath");
        await Command.RunAsync("dotnet", _outer, Path.Combine(folder.Output.Trim(), "bincore", "VBCSCompiler.dll"), $"-pipename:{_compiler}", "-shutdown");
    }

    /// <summary>Compiles what is restored.</summary>
    internal Task<Outcome> BuildAsync(string project)
        => Command.RunAsync("dotnet", _outer, "build", project, "--no-restore", "-nodeReuse:false", "-p:UseSharedCompilation=true",
            $"-p:SharedCompilationId={_compiler}");

    /// <summary>Writes a solution of the projects of some rows and of one row's build.</summary>
    internal async Task<string> SolutionAsync(string name, MatrixRow[] rows, MatrixRow build)
    {
        var folders = rows.Select((row, index) => Folder($"row{index}", this[row.Name].Projects.Select(project => $"{row.Name}/{project}")))
            .Append(Folder("build", [$"{build.Name}/build/Build.csproj"]));
        var file = Path.Combine(_outer, name);
        await File.WriteAllTextAsync(file, $"<Solution>{string.Concat(folders)}</Solution>");
        return file;

        static string Folder(string name, IEnumerable<string> projects)
            => $"<Folder Name=\"/{name}/\">{string.Concat(projects.Select(project => $"<Project Path=\"{SecurityElement.Escape(project)}\" />"))}</Folder>";
    }

    private static void Finished(Outcome made)
    {
        made.Succeeded();
        Assert.DoesNotContain("failed", made.Output, StringComparison.OrdinalIgnoreCase);
    }
}
