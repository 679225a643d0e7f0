using MicroMonitored.Verification.Contracts;

namespace MicroMonitored.Targets;

/// <summary>Where things are; the only place that knows folder names.</summary>
/// <param name="Root">The repository's folder.</param>
public sealed record Paths(string Root)
{
    /// <summary>What the name of a file ends in that was shipped anew and waits beside the one that a team has changed.</summary>
    public const string Waiting = ".new";

    /// <summary>How a person starts the build, at the root.</summary>
    public static string Command => OperatingSystem.IsWindows() ? "./build.ps1" : "./build.sh";

    /// <summary>The services.</summary>
    public string Source => Path.Combine(Root, "src");

    /// <summary>The test projects.</summary>
    public string Tests => Path.Combine(Root, "tests");

    /// <summary>The settings and what they are rendered from.</summary>
    public string Stack => Path.Combine(Root, "stack");

    /// <summary>What the components run with, where the team changes it.</summary>
    public string Assets => Path.Combine(Stack, "assets");

    /// <summary>What was shipped of the files that a team may change.</summary>
    public string Shipped => Path.Combine(Stack, "assets.sha256");

    /// <summary>The packages that came with the repository.</summary>
    public string Feed => Path.Combine(Root, "feed");

    /// <summary>The central versions of its packages.</summary>
    public string Versions => Path.Combine(Root, "Directory.Packages.props");

    /// <summary>The settings file.</summary>
    public string Settings => Path.Combine(Stack, "stack.json");

    /// <summary>Everything that builds and runs write.</summary>
    public string Artifacts => Path.Combine(Root, "artifacts");

    /// <summary>The compiled projects.</summary>
    public string Binaries => Path.Combine(Artifacts, "bin");

    /// <summary>The rendered configuration.</summary>
    public string Rendered => Path.Combine(Artifacts, "stack");

    /// <summary>The configuration that is rendered for a place beyond this machine.</summary>
    public string Beyond(string place) => Path.Combine(Artifacts, place);

    /// <summary>What the running stack is known by.</summary>
    public string Run => Path.Combine(Artifacts, "run");

    /// <summary>Names the engine that is up; there only while one is.</summary>
    public string EngineMarker => Path.Combine(Run, "engine");

    /// <summary>What a service takes from this stack that a person starts; there only while one is up.</summary>
    public string Development => Path.Combine(Run, "development.json");

    /// <summary>The fault that is injected into the embedded engine and the services; there only while one is.</summary>
    internal string Fault => Path.Combine(Run, "fault");

    /// <summary>The services' log files on the embedded engine.</summary>
    public string Logs => Path.Combine(Run, "logs");

    /// <summary>The embedded engine's database.</summary>
    public string Data => Path.Combine(Run, "data");

    /// <summary>Verify's reports.</summary>
    public string Reports => Path.Combine(Artifacts, "verify");

    /// <summary>What the services emit, as a team has accepted it.</summary>
    public string TelemetryLock => Path.Combine(Root, TelemetryContract.FileName);

    /// <summary>What the comparison with <c>telemetry.lock</c> found.</summary>
    public string Contract => Path.Combine(Artifacts, "contract");

    /// <summary>What <c>Lint</c> found.</summary>
    public string Findings => Path.Combine(Artifacts, "lint", "findings.json");

    /// <summary>The script that starts the build.</summary>
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
