using System.Globalization;

namespace MicroMonitored.Model.Rendering;

/// <summary>The group that new files get on Linux.</summary>
internal static class ProcessGroup
{
    /// <summary>The effective group id of this process; null where the system has none.</summary>
    public static long? Current { get; } = Read("/proc/self/status");

    private static long? Read(string file)
    {
        if (!File.Exists(file))
            return null;
        var fields = File.ReadLines(file).FirstOrDefault(line => line.StartsWith("Gid:", StringComparison.Ordinal))?
            .Split(['\t', ' '], StringSplitOptions.RemoveEmptyEntries);
        return fields is [_, _, var effective, ..] && long.TryParse(effective, CultureInfo.InvariantCulture, out var group) ? group : null;
    }
}
