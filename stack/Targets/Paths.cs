namespace MicroMonitored.Targets;

/// <summary>Where things are; the only place that knows folder names.</summary>
public sealed record Paths(string Root)
{
    /// <summary>How a person starts the build, at the root.</summary>
    public static string Command => OperatingSystem.IsWindows() ? "./build.ps1" : "./build.sh";

    public string Source => Path.Combine(Root, "src");

    public string Tests => Path.Combine(Root, "tests");

    public string Stack => Path.Combine(Root, "stack");

    public string Assets => Path.Combine(Stack, "assets");

    public string Settings => Path.Combine(Stack, "stack.json");

    public string Artifacts => Path.Combine(Root, "artifacts");

    public string Binaries => Path.Combine(Artifacts, "bin");

    public string Rendered => Path.Combine(Artifacts, "stack");

    public string Run => Path.Combine(Artifacts, "run");

    public string Logs => Path.Combine(Run, "logs");

    public string Data => Path.Combine(Run, "data");

    public string Reports => Path.Combine(Artifacts, "verify");

    public string Script => Path.GetFullPath(Command, Root);

    /// <summary>The compiled entry point of a project, as the artifacts output layout places it.</summary>
    public string Assembly(string project) => Path.Combine(Binaries, project, "release", project + ".dll");

    /// <summary>The published program of a project, as the artifacts output layout places it.</summary>
    public string Published(string project) => Path.Combine(Artifacts, "publish", project, "release");

    /// <summary>The path as a person types it: relative to the root where it lies below.</summary>
    public string Shown(string path)
        => Path.GetRelativePath(Root, path) is var relative && relative.StartsWith("..", StringComparison.Ordinal) ? path : relative.Replace('\\', '/');

    /// <summary>The repository that <paramref name="start"/> lies in: the nearest folder with <c>stack/stack.json</c> and <c>build</c>.</summary>
    /// <exception cref="DirectoryNotFoundException">There is none.</exception>
    public static Paths Of(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "stack", "stack.json")) && Directory.Exists(Path.Combine(folder.FullName, "build")))
                return new Paths(folder.FullName);
        }

        throw new DirectoryNotFoundException($"{start} lies in no repository with stack/stack.json");
    }
}
