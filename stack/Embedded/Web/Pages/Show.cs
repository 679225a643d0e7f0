using System.Globalization;
using MicroMonitored.Embedded.Query;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>Values as a person reads them.</summary>
internal static class Show
{
    /// <summary>The colours of services and series; those after them mean something: failed, warning, faint, good.</summary>
    public const int Colours = 8;

    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public static string Number(double value) => Math.Abs(value) switch
    {
        >= 1e10 => string.Create(Plain, $"{value / 1e9:0.#} G"),
        >= 1e7 => string.Create(Plain, $"{value / 1e6:0.#} M"),
        >= 1000 => value.ToString("N0", Plain),
        >= 100 or 0 => value.ToString("0.#", Plain),
        >= 0.01 => value.ToString("0.##", Plain),
        _ => value.ToString("G3", Plain),
    };

    public static string Bytes(double value) => Math.Abs(value) switch
    {
        >= 1 << 30 => string.Create(Plain, $"{value / (1 << 30):0.0} GiB"),
        >= 1 << 20 => string.Create(Plain, $"{value / (1 << 20):0.0} MiB"),
        >= 1 << 10 => string.Create(Plain, $"{value / 1024:0.#} KiB"),
        _ => string.Create(Plain, $"{value:0.#} B"),
    };

    public static string Duration(double nanoseconds) => Math.Abs(nanoseconds) switch
    {
        >= 3600e9 => string.Create(Plain, $"{nanoseconds / 3600e9:0.#} h"),
        >= 60e9 => string.Create(Plain, $"{nanoseconds / 60e9:0.0} min"),
        >= 1e9 => string.Create(Plain, $"{nanoseconds / 1e9:0.00} s"),
        >= 1e6 => string.Create(Plain, $"{nanoseconds / 1e6:0.0} ms"),
        >= 1e3 => string.Create(Plain, $"{nanoseconds / 1e3:0} µs"),
        _ => string.Create(Plain, $"{nanoseconds:0} ns"),
    };

    /// <summary>A duration that somebody has set, as round as it was.</summary>
    public static string Setting(long milliseconds)
    {
        var (size, unit) = milliseconds switch
        {
            _ when milliseconds % 3_600_000 == 0 => (3_600_000, "h"),
            _ when milliseconds % 60_000 == 0 => (60_000, "min"),
            _ when milliseconds % 1000 == 0 => (1000, "s"),
            _ => (1, "ms"),
        };
        return string.Create(Plain, $"{milliseconds / size} {unit}");
    }

    /// <summary>A value in a unit as Grafana names it; a unit that is none of those known stands behind the value.</summary>
    public static string Value(double value, string? unit, int? decimals = null) => unit switch
    {
        _ when !double.IsFinite(value) => Quantities.Format(value),
        "s" => Duration(value * 1e9),
        "ms" => Duration(value * 1e6),
        "µs" or "us" => Duration(value * 1e3),
        "ns" => Duration(value),
        "m" => Duration(value * 60e9),
        "h" => Duration(value * 3600e9),
        "d" => Number(value) + " d",
        "bytes" or "decbytes" => Bytes(value),
        "kbytes" or "deckbytes" => Bytes(value * 1024),
        "mbytes" or "decmbytes" => Bytes(value * 1024 * 1024),
        "Bps" or "binBps" => Bytes(value) + "/s",
        "percentunit" => (value * 100).ToString(decimals is { } places ? "F" + places : Math.Abs(value) < 0.1 ? "0.##" : "0.#", Plain) + " %",
        "percent" => Fixed(value, decimals) + " %",
        "reqps" => Fixed(value, decimals) + " req/s",
        "rps" or "wps" or "iops" or "cps" or "ops" or "eps" or "mps" or "recps" => Fixed(value, decimals) + "/s",
        "dateTimeAsIso" or "dateTimeFromNow" => Moment((long)value).ToString("yyyy-MM-dd HH:mm:ss", Plain),
        "bool_yes_no" => value == 0 ? "no" : "yes",
        "bool_on_off" => value == 0 ? "off" : "on",
        "bool" => value == 0 ? "false" : "true",
        null or "none" or "short" or "locale" or "string" => Fixed(value, decimals),
        _ when unit.StartsWith("suffix:", StringComparison.Ordinal) => Fixed(value, decimals) + " " + unit[7..],
        _ when unit.StartsWith("prefix:", StringComparison.Ordinal) => unit[7..] + Fixed(value, decimals),
        _ => $"{Fixed(value, decimals)} {unit}",
    };

    private static string Fixed(double value, int? decimals) => decimals is { } places ? value.ToString("N" + places, Plain) : Number(value);

    /// <summary>The unit of a metric family, as Grafana names it.</summary>
    public static string Unit(string family, string unit) => unit.Length > 0 ? unit switch { "seconds" => "s", "bytes" => "bytes", _ => "short" }
        : family.EndsWith("_seconds", StringComparison.Ordinal) || family.EndsWith("_seconds_total", StringComparison.Ordinal) ? "s"
        : family.EndsWith("_bytes", StringComparison.Ordinal) || family.EndsWith("_bytes_total", StringComparison.Ordinal) ? "bytes" : "short";

    public static string Ago(TimeSpan span) => span.TotalSeconds switch
    {
        < 1.5 => "just now",
        < 90 => string.Create(Plain, $"{span.TotalSeconds:0} s ago"),
        < 5400 => string.Create(Plain, $"{span.TotalMinutes:0} min ago"),
        < 129_600 => string.Create(Plain, $"{span.TotalHours:0} h ago"),
        _ => string.Create(Plain, $"{span.TotalDays:0} days ago"),
    };

    /// <summary>A moment in the machine's zone.</summary>
    public static DateTimeOffset Moment(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, 0, 253_402_300_799_999)).ToLocalTime();

    public static string Clock(long nanoseconds) => Moment(nanoseconds / 1_000_000).ToString("HH:mm:ss.fff", Plain);

    public static string Full(long nanoseconds) => Moment(nanoseconds / 1_000_000).ToString("yyyy-MM-dd HH:mm:ss.fff zzz", Plain);

    /// <summary>As the <c>datetime</c> of a <c>time</c> element, from which the browser shows its own zone.</summary>
    public static string Iso(long nanoseconds) => Moment(nanoseconds / 1_000_000).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", Plain);

    /// <summary>The machine's zone, for those without scripts.</summary>
    public static string Zone
    {
        get
        {
            var offset = TimeZoneInfo.Local.GetUtcOffset(DateTimeOffset.UtcNow);
            return string.Create(Plain, $"{TimeZoneInfo.Local.Id} (UTC{(offset < TimeSpan.Zero ? '-' : '+')}{offset:hh\\:mm})");
        }
    }

    /// <summary>The colour of a service, level or series: the same on every page.</summary>
    public static int Colour(string name)
    {
        switch (name)
        {
            case "error" or "critical" or "fatal":
                return Colours;
            case "warn":
                return Colours + 1;
            case "debug" or "trace" or "unknown":
                return Colours + 2;
        }

        uint hash = 2166136261;
        foreach (var c in name)
            hash = (hash ^ c) * 16777619;
        return (int)(hash % Colours);
    }

    public static string Count(int count, string one) => count == 1 ? $"1 {one}" : string.Create(Plain, $"{count} {one}s");

    public static string Tenth(double value) => value.ToString("0.#", Plain);

    public static bool IsTraceId(string text) => text.Length == 32 && text.All(char.IsAsciiHexDigit);
}
