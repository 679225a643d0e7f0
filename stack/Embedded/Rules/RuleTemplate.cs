using System.Globalization;
using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Query;

namespace MicroMonitored.Embedded.Rules;

/// <summary>
/// What labels and annotations of a rule say in double braces: <c>$labels.name</c>, <c>$value</c>, texts and numbers, passed on with <c>|</c> through
/// the functions humanize, humanize1024, humanizeDuration, humanizePercentage, humanizeTimestamp, printf, title, toLower, toUpper and stripPort.
/// </summary>
/// <remarks>https://prometheus.io/docs/prometheus/latest/configuration/template_reference/</remarks>
internal static partial class RuleTemplate
{
    [GeneratedRegex(@"\{\{-?\s*(.*?)\s*-?\}\}", RegexOptions.Singleline)]
    private static partial Regex Braces { get; }

    [GeneratedRegex("""\G\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`|(\S+))""")]
    private static partial Regex Word { get; }

    [GeneratedRegex(@"%(?<flags>[-+ 0#]*)(?<width>\d*)(?:\.(?<places>\d+))?(?<verb>[a-zA-Z%])")]
    private static partial Regex Verb { get; }

    /// <summary>The text with its braces filled in; what cannot be filled in is said in its place, as Prometheus does.</summary>
    public static string Expand(string text, string name, Labels labels, double value)
    {
        if (!text.Contains("{{", StringComparison.Ordinal))
            return text;
        try
        {
            return Braces.Replace(text, match => Text(Evaluate(match.Groups[1].Value, labels, value)));
        }
        catch (FormatException exception)
        {
            return $"<error expanding template: error parsing template __alert_{name}: {exception.Message}>";
        }
    }

    private static object Evaluate(string pipeline, Labels labels, double value)
    {
        object? passed = null;
        foreach (var stage in Stages(pipeline))
        {
            List<object> words = [.. stage.Select((word, index) => index == 0 && passed is not null ? word.Text : Term(word, labels, value))];
            if (passed is not null)
                words.Add(passed);
            passed = words.Count == 1 ? words[0] : Apply(words[0] as string ?? "", words[1..]);
        }

        return passed ?? "";
    }

    private readonly record struct Token(string Text, bool IsQuoted);

    private static List<List<Token>> Stages(string pipeline)
    {
        List<List<Token>> stages = [[]];
        for (var at = 0; at < pipeline.TrimEnd().Length;)
        {
            var match = Word.Match(pipeline, at);
            at += match.Length;
            var isQuoted = !match.Groups[3].Success;
            var text = match.Groups[1].Success ? Regex.Unescape(match.Groups[1].Value)
                : match.Groups[2].Success ? match.Groups[2].Value : match.Groups[3].Value;
            if (!isQuoted && text == "|")
                stages.Add([]);
            else
                stages[^1].Add(new(text, isQuoted));
        }

        return stages.Any(static stage => stage.Count == 0) ? throw new FormatException($"missing value for command in {{{{ {pipeline} }}}}") : stages;
    }

    private static object Term(Token word, Labels labels, double value) => word switch
    {
        { IsQuoted: true } => word.Text,
        { Text: "$value" or ".Value" } => value,
        { Text: var text } when text.StartsWith("$labels.", StringComparison.Ordinal) => labels[text["$labels.".Length..]],
        { Text: var text } when text.StartsWith(".Labels.", StringComparison.Ordinal) => labels[text[".Labels.".Length..]],
        { Text: var text } when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        { Text: var text } when text[0] is '$' or '.' => throw new FormatException($"undefined variable \"{text}\""),
        { Text: var text } => text,
    };

    private static string Apply(string function, IReadOnlyList<object> arguments) => function switch
    {
        "printf" => Printf(Text(arguments[0]), arguments.Skip(1).ToArray()),
        "humanize" => Prefixed(Number(arguments[^1]), 1000, "kMGTPEZY", small: true),
        "humanize1024" => Prefixed(Number(arguments[^1]), 1024, "KMGTPEZY", small: false),
        "humanizePercentage" => Short(Number(arguments[^1]) * 100) + "%",
        "humanizeDuration" => Duration(Number(arguments[^1])),
        "humanizeTimestamp" => DateTime.UnixEpoch.AddSeconds(Number(arguments[^1]))
            .ToString("yyyy-MM-dd HH:mm:ss.fff +0000 'UTC'", CultureInfo.InvariantCulture),
        "title" => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(Text(arguments[^1])),
        "toLower" => Text(arguments[^1]).ToLowerInvariant(),
        "toUpper" => Text(arguments[^1]).ToUpperInvariant(),
        "stripPort" => Text(arguments[^1]) is var host && host.LastIndexOf(':') is > 0 and var colon ? host[..colon] : host,
        _ => throw new FormatException($"function \"{function}\" not defined"),
    };

    private static string Text(object value) => value is double number ? Quantities.Format(number) : (string)value;

    private static double Number(object value) => value is double number ? number
        : Quantities.TryNumber((string)value, out number) ? number : throw new FormatException($"\"{value}\" is no number");

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

    private static string Printf(string format, object[] values)
    {
        var next = 0;
        return Verb.Replace(format, match =>
        {
            var verb = match.Groups["verb"].Value;
            if (verb == "%")
                return "%";
            if (next >= values.Length)
                return $"%!{verb}(MISSING)";
            var value = values[next++];
            var places = match.Groups["places"].Success ? match.Groups["places"].Value : null;
            var text = verb switch
            {
                "f" => Number(value).ToString("F" + (places ?? "6"), CultureInfo.InvariantCulture),
                "g" when places is not null =>
                    Number(value).ToString("G" + places, CultureInfo.InvariantCulture).Replace("E", "e", StringComparison.Ordinal),
                "d" => Math.Truncate(Number(value)).ToString("F0", CultureInfo.InvariantCulture),
                "q" => $"\"{Text(value)}\"",
                _ => Text(value),
            };
            var width = match.Groups["width"].Length > 0 ? int.Parse(match.Groups["width"].Value, CultureInfo.InvariantCulture) : 0;
            return match.Groups["flags"].Value.Contains('-', StringComparison.Ordinal) ? text.PadRight(Math.Min(width, 200))
                : text.PadLeft(Math.Min(width, 200), match.Groups["flags"].Value.Contains('0', StringComparison.Ordinal) ? '0' : ' ');
        });
    }
}
