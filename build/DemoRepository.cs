using System.Diagnostics;
using Cake.Core;
using Cake.Core.IO;
using MicroMonitored.Targets;
using MicroMonitored.Targets.Options;
using Path = System.IO.Path;

namespace Build;

/// <summary>The repository scaffolded below <c>artifacts/demo</c>, driven through its own build script.</summary>
public sealed class DemoRepository
{
    private const string Name = "Shop";
    private readonly BuildContext _context;

    /// <summary>Targets that speak of the demo while it is up.</summary>
    private static readonly string[] Taken = ["Status", "Logs", "Verify", "Canary", "Seed", "Teardown"];

    private DemoRepository(BuildContext context) => (_context, Folder) = (context, Path.Combine(context.Paths.Artifacts, "demo", Name));

    public string Folder { get; }

    /// <summary>The demo as it is, or null where none was scaffolded.</summary>
    public static DemoRepository? Existing(BuildContext context)
        => new DemoRepository(context) is var demo && File.Exists(demo.Script) ? demo : null;

    /// <summary>The demo of the present templates; scaffolds it anew when anything that goes into them has changed.</summary>
    public static DemoRepository Ensure(BuildContext context)
    {
        var demo = new DemoRepository(context);
        var packages = Packages.Of(context);
        var stamp = Path.Combine(context.Paths.Artifacts, "demo", "version");
        if (File.Exists(demo.Script) && File.Exists(stamp) && File.ReadAllText(stamp) == packages.Version)
            return demo;
        if (Existing(context) is { } old)
        {
            old.RunTarget("Teardown");
            Directory.Delete(old.Folder, recursive: true);
        }

        var hive = Path.Combine(context.Paths.Artifacts, "demo", "hive");
        Templates.Install(context, packages, hive);
        Templates.Instantiate(context, Name, demo.Folder, hive);
        File.WriteAllText(stamp, packages.Version);
        return demo;
    }

    /// <summary>Runs the command line in the demo's own build when it is about the demo and the demo is up.</summary>
    /// <returns>The exit code; null where the command line is this build's own.</returns>
    public static int? Take(string[] args)
    {
        var targets = MonitoredBuild.TargetsIn(args);
        if (targets.Count == 0 || targets.Except(Taken, StringComparer.OrdinalIgnoreCase).Any())
            return null;
        var demo = new Paths(Path.Combine(Paths.Of(AppContext.BaseDirectory).Artifacts, "demo", Name));
        if (!File.Exists(demo.EngineMarker))
            return targets.Contains("Seed", StringComparer.OrdinalIgnoreCase) ? Refuse("the demo is not up; ./build.sh brings it up") : null;
        var start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo("powershell", ["-NoProfile", "-File", demo.Script, .. args])
            : new ProcessStartInfo(demo.Script, args);
        // Ctrl-C reaches the demo's build too, which cleans up and then ends.
        Console.CancelKeyPress += static (_, pressed) => pressed.Cancel = true;
        using var build = Process.Start(start)!;
        build.WaitForExit();
        return build.ExitCode;
    }

    private static int Refuse(string fault)
    {
        Console.Error.WriteLine($"Error: {fault}");
        return 1;
    }

    /// <summary>Runs a target of the demo's own build, on the settings of this one.</summary>
    public void RunTarget(string target, params IReadOnlyList<string> options)
    {
        var arguments = new ProcessArgumentBuilder();
        if (OperatingSystem.IsWindows())
            arguments.Append("-NoProfile").Append("-File").AppendQuoted(Script);
        arguments.Append($"--target={target}");
        foreach (var option in options)
            arguments.Append(option);
        if (_context.GetValue(StackOptions.Settings) is not null)
            arguments.AppendQuoted($"--settings={_context.SettingsFile}");
        _context.Show($"{target} of the demo", OperatingSystem.IsWindows() ? "powershell" : new FilePath(Script), arguments, Folder);
    }

    private string Script => new Paths(Folder).Script;
}
