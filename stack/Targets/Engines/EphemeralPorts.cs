using System.Globalization;

namespace MicroMonitored.Targets.Engines;

/// <summary>The ports that the system lends to outgoing connections: a listener there meets them by chance.</summary>
/// <param name="Reserved">Those of the range that it does not lend.</param>
internal sealed record EphemeralPorts(int First, int Last, IReadOnlySet<int> Reserved)
{
    private const string Kernel = "/proc/sys/net/ipv4";

    /// <summary>Linux says its own range; elsewhere it is the one of RFC 6335.</summary>
    public static EphemeralPorts OfThisMachine()
        => File.Exists($"{Kernel}/ip_local_port_range")
            ? Of(File.ReadAllText($"{Kernel}/ip_local_port_range"),
                File.Exists($"{Kernel}/ip_local_reserved_ports") ? File.ReadAllText($"{Kernel}/ip_local_reserved_ports") : "")
            : new EphemeralPorts(49_152, 65_535, new HashSet<int>());

    /// <param name="range">Two numbers: <c>32768 60999</c>.</param>
    /// <param name="reserved">Numbers and ranges: <c>40000,50000-50010</c>.</param>
    public static EphemeralPorts Of(string range, string reserved)
    {
        var bounds = range.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(Number).ToList();
        var kept = reserved.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(part => part.Split('-').Select(Number).ToList())
            .SelectMany(part => Enumerable.Range(part[0], part[^1] - part[0] + 1));
        return new EphemeralPorts(bounds[0], bounds[1], kept.ToHashSet());
    }

    public bool Contains(int port) => port >= First && port <= Last && !Reserved.Contains(port);

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
