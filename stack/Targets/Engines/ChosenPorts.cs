using MicroMonitored.Model.Services;

namespace MicroMonitored.Targets.Engines;

/// <summary>Writes the port that an added service was given into its own files, where it stays whoever comes or goes.</summary>
internal static class ChosenPorts
{
    /// <summary>The address of a service that has no port yet: any free one.</summary>
    private const string Open = "http://127.0.0.1:0";

    public static void Write(BuildContext context)
    {
        // Counted anew in every run where the environment moves them: nothing to keep.
        if (context.Settings.MovesServices)
            return;
        foreach (var service in context.Services)
        {
            foreach (var file in Files(Path.GetDirectoryName(service.ProjectFile)!).Where(File.Exists))
            {
                if (ChangedFile.Write(file, File.ReadAllText(file).Replace(Open, $"http://localhost:{service.Port}", StringComparison.Ordinal)))
                    context.Say($"[Updated] {Path.GetRelativePath(context.Paths.Root, file).Replace('\\', '/')}: port {service.Port}");
            }
        }
    }

    private static IEnumerable<string> Files(string project)
        => Directory.GetFiles(project, "*.http").Order(StringComparer.Ordinal).Append(Path.Combine(project, "Properties", "launchSettings.json"));
}
