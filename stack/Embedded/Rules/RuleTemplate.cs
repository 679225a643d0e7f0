using System.Globalization;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.Templates;

namespace MicroMonitored.Embedded.Rules;

/// <summary>
/// What labels and annotations of a rule say in double braces: a template of Go with Prometheus' names and functions; queries are not among them.
/// </summary>
/// <remarks>https://prometheus.io/docs/prometheus/latest/configuration/template_reference/</remarks>
internal static class RuleTemplate
{
    private const string Names = "{{$labels := .Labels}}{{$value := .Value}}";

    private static readonly Dictionary<string, TemplateFunction> Functions = new(StringComparer.Ordinal)
    {
        ["humanize"] = static a => Prefixed(Number(a[^1]), 1000, "kMGTPEZY", small: true),
        ["humanize1024"] = static a => Prefixed(Number(a[^1]), 1024, "KMGTPEZY", small: false),
        ["humanizePercentage"] = static a => Short(Number(a[^1]) * 100) + "%",
        ["humanizeDuration"] = static a => Duration(Number(a[^1])),
        ["humanizeTimestamp"] = static a => DateTime.UnixEpoch.AddSeconds(Number(a[^1]))
            .ToString("yyyy-MM-dd HH:mm:ss.fff +0000 'UTC'", CultureInfo.InvariantCulture),
        ["title"] = static a => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(GoText.Print(a[^1])),
        ["toLower"] = static a => GoText.Print(a[^1]).ToLowerInvariant(),
        ["toUpper"] = static a => GoText.Print(a[^1]).ToUpperInvariant(),
        ["reReplaceAll"] = static a => Patterns.Anywhere((string)a[0]!, 0).Replace((string)a[2]!, match => GoExpansion.Of(match, (string)a[1]!)),
        ["stripPort"] = static a => GoText.Print(a[^1]) is var host && host.LastIndexOf(':') is > 0 and var colon ? host[..colon] : host,
    };

    private static readonly HashSet<string> Known = [.. Functions.Keys];

    /// <summary>The text with its braces filled in; what cannot be filled in is said in its place, as Prometheus does.</summary>
    public static string Expand(string text, string name, Labels labels, double value)
    {
        if (!text.Contains("{{", StringComparison.Ordinal))
            return text;
        try
        {
            var data = new Dictionary<string, object?>
            {
                ["Labels"] = labels.Pairs.ToArray().ToDictionary(static pair => pair.Key, static pair => pair.Value), ["Value"] = value,
            };
            return GoTemplate.Parse(Names + text, Known).Render(data, static function => Functions.GetValueOrDefault(function));
        }
        catch (Exception exception) when (exception is TemplateException or QuerySyntaxException)
        {
            return $"<error expanding template: error parsing template __alert_{name}: {exception.Message}>";
        }
    }

    /// <summary>Why a text cannot be filled in, whatever the alert; null where it can.</summary>
    public static string? Fault(string text)
    {
        try
        {
            GoTemplate.Parse(Names + text, Known);
            return null;
        }
        catch (TemplateException exception)
        {
            return exception.Message;
        }
    }

    private static double Number(object? value) => value switch
    {
        double number => number,
        long whole => whole,
        _ => Quantities.TryNumber(GoText.Print(value), out var read) ? read : throw new TemplateException($"\"{GoText.Print(value)}\" is no number"),
    };

    // Four significant digits, as Go writes %.4g.
    private static string Short(double value) => double.IsFinite(value)
        ? value.ToString("G4", CultureInfo.InvariantCulture).Replace("E", "e", StringComparison.Ordinal)
        : Quantities.Format(value);

    private static string Prefixed(double value, int unit, string prefixes, bool small)
    {
        if (value == 0 || !double.IsFinite(value))
            return Short(value);
        var prefix = "";
        for (var i = 0; Math.Abs(value) >= unit && i < prefixes.Length; i++)
            (value, prefix) = (value / unit, unit == 1024 ? prefixes[i] + "i" : prefixes[i].ToString());
        for (var i = 0; small && Math.Abs(value) < 1 && i < 8; i++)
            (value, prefix) = (value * 1000, "munpfazy"[i].ToString());
        return Short(value) + (prefix == "Ki" ? "ki" : prefix);
    }

    private static string Duration(double seconds)
    {
        if (seconds == 0 || !double.IsFinite(seconds))
            return Short(seconds) + (seconds == 0 ? "s" : "");
        if (Math.Abs(seconds) < 1)
            return Prefixed(seconds, 1000, "", small: true) + "s";
        var whole = (long)Math.Abs(seconds);
        var sign = seconds < 0 ? "-" : "";
        var (days, hours, minutes) = (whole / 86400, whole / 3600 % 24, whole / 60 % 60);
        return days > 0 ? $"{sign}{days}d {hours}h {minutes}m {whole % 60}s"
            : hours > 0 ? $"{sign}{hours}h {minutes}m {whole % 60}s"
            : minutes > 0 ? $"{sign}{minutes}m {whole % 60}s"
            : Short(seconds) + "s";
    }
}
