using System.Globalization;
using System.Net.NetworkInformation;

namespace MicroMonitored.Targets.Engines;

/// <summary>Who listens on which TCP port of this machine.</summary>
internal static class Listeners
{
    /// <summary>The ports in use, on any address.</summary>
    public static IReadOnlySet<int> Ports()
        => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(endpoint => endpoint.Port).ToHashSet();

    /// <summary>The process that listens on the port, as <c>name (pid N)</c>; null where the system does not tell.</summary>
    public static string? Owner(int port)
    {
        if (!OperatingSystem.IsLinux() || Inodes(port) is not { Count: > 0 } inodes)
            return null;
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                if (!Directory.EnumerateFiles(Path.Combine(folder, "fd"))
                    .Any(handle => File.ResolveLinkTarget(handle, false)?.Name is { } target && inodes.Contains(target)))
                    continue;
                var pid = Path.GetFileName(folder);
                var stack = Ownership.StackOf(int.Parse(pid, CultureInfo.InvariantCulture)) is { } root ? $" of the stack that runs from {root}" : "";
                return $"{File.ReadAllText(Path.Combine(folder, "comm")).Trim()} (pid {pid}){stack}";
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                continue;
            }
        }

        return null;
    }

    private static readonly string[] SocketTables = ["/proc/net/tcp", "/proc/net/tcp6"];

    private static HashSet<string> Inodes(int port)
    {
        const string listening = "0A";
        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return SocketTables
            .Where(File.Exists)
            .SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[1].EndsWith(suffix, StringComparison.Ordinal) && fields[3] == listening)
            .Select(fields => $"socket:[{fields[9]}]")
            .ToHashSet();
    }
}
