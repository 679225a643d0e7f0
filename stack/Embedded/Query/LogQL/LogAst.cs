using System.Globalization;
using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>A parsed LogQL expression.</summary>
internal abstract record LogNode;

/// <summary>A log query: which streams, and what each line passes through.</summary>
internal sealed record LogSelection(IReadOnlyList<LabelMatcher> Matchers, IReadOnlyList<LogStage> Stages) : LogNode;

/// <summary><c>count_over_time</c>, <c>rate</c>, <c>bytes_over_time</c> or <c>bytes_rate</c> of a selection.</summary>
internal sealed record LogRange(string Function, LogSelection Selection, long RangeNs, long OffsetNs) : LogNode;

/// <summary>An aggregation over the series of another metric query.</summary>
internal sealed record LogAggregate(string Operator, LogNode Body, int Count, IReadOnlyCollection<string>? Grouping, bool Without) : LogNode;

/// <summary>What of LogQL is answered.</summary>
internal static class LogSubset
{
    public static readonly string[] Ranges = ["count_over_time", "rate", "bytes_over_time", "bytes_rate"];
    public static readonly string[] Aggregations = ["sum", "avg", "min", "max", "count", "topk", "bottomk"];

    public static string Refuse(string what) =>
        $"{what} is not supported by the embedded engine; it answers stream matchers, the line filters |= != |~ !~, "
        + "| json, | logfmt, | drop, | keep, label filters with and/or, "
        + $"{string.Join(" ", Ranges)} and over them {string.Join(" ", Aggregations)}. Run the stack with --engine=docker for all of LogQL";
}

/// <summary>What the stages of a pipeline work on: one line with its labels.</summary>
internal sealed class LogLine
{
    private readonly HashSet<string> _own = new(StringComparer.Ordinal);
    private readonly HashSet<string> _parsed = new(StringComparer.Ordinal);

    public LogLine(string text, Labels stream, IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        Text = text;
        foreach (var (name, value) in stream.Pairs)
            Set(name, value);
        foreach (var (name, value) in metadata)
        {
            if (!_own.Contains(name))
                Set(name, value);
        }

        if (!_own.Contains(DetectedLevel.Label))
            Set(DetectedLevel.Label, DetectedLevel.Of(stream, metadata));

        void Set(string name, string value)
        {
            Values[name] = value;
            _own.Add(name);
        }
    }

    public string Text { get; }

    public Dictionary<string, string> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>The value, or the empty string where the label is missing.</summary>
    public string this[string name] => Values.GetValueOrDefault(name, "");

    /// <summary>Adds a label found in the line; a stream label or structured metadata of that name keeps it, and the first of two wins.</summary>
    public void AddParsed(string name, string value)
    {
        if (_own.Contains(name))
            name += "_extracted";
        if (_parsed.Add(name))
            Values[name] = value;
    }

    public void Fail(string error) => Values.TryAdd("__error__", error);
}

/// <summary>The level Loki derives for every line it stores.</summary>
internal static class DetectedLevel
{
    public const string Label = "detected_level";

    public static string Of(Labels stream, IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        var level = stream["level"];
        if (level.Length == 0)
            level = metadata.FirstOrDefault(static pair => pair.Key is "level" or "severity" or "severity_text").Value ?? "";

        return level.ToLowerInvariant() switch
        {
            "trace" or "trc" => "trace",
            "debug" or "dbg" => "debug",
            "info" or "inf" or "information" => "info",
            "warn" or "wrn" or "warning" => "warn",
            "error" or "err" => "error",
            "critical" => "critical",
            "fatal" => "fatal",
            _ => "unknown",
        };
    }
}

/// <summary>One stage of a pipeline; false drops the line.</summary>
internal abstract record LogStage
{
    public abstract bool Keep(LogLine line);

    /// <summary>Decides on the text alone where it can, before labels are looked at.</summary>
    public virtual bool? KeepText(string text) => null;
}

/// <summary><c>|=</c>, <c>!=</c>, <c>|~</c>, <c>!~</c> with one text or several joined by <c>or</c>.</summary>
internal sealed record LogLineFilter(bool Wanted, IReadOnlyList<string> Texts, IReadOnlyList<Regex> Patterns) : LogStage
{
    public override bool Keep(LogLine line) => KeepText(line.Text)!.Value;

    public override bool? KeepText(string text)
    {
        foreach (var wanted in Texts)
        {
            if (text.Contains(wanted, StringComparison.Ordinal))
                return Wanted;
        }

        foreach (var pattern in Patterns)
        {
            if (pattern.IsMatch(text))
                return Wanted;
        }

        return !Wanted;
    }
}

internal sealed record LogParserStage(string Name) : LogStage
{
    public override bool Keep(LogLine line)
    {
        if (Name == "json")
            LogParsers.Json(line);
        else
            LogParsers.Logfmt(line);
        return true;
    }
}

/// <summary><c>| drop a, b</c> and <c>| keep a, b</c>.</summary>
internal sealed record LogLabelStage(bool Drop, IReadOnlyCollection<string> Names) : LogStage
{
    public override bool Keep(LogLine line)
    {
        foreach (var name in line.Values.Keys.ToArray())
        {
            if (Names.Contains(name) == Drop)
                line.Values.Remove(name);
        }

        return true;
    }
}

internal sealed record LogLabelFilter(LogCondition Condition) : LogStage
{
    public override bool Keep(LogLine line) => Condition.Holds(line);
}

internal abstract record LogCondition
{
    public abstract bool Holds(LogLine line);
}

internal sealed record LogBoth(LogCondition Left, LogCondition Right, bool Or) : LogCondition
{
    public override bool Holds(LogLine line) => Or ? Left.Holds(line) || Right.Holds(line) : Left.Holds(line) && Right.Holds(line);
}

internal sealed record LogTextCondition(string Name, MatchOperator Operator, string Value, Regex? Pattern) : LogCondition
{
    public override bool Holds(LogLine line)
    {
        var actual = line[Name];
        return Operator switch
        {
            MatchOperator.Equal => actual == Value,
            MatchOperator.NotEqual => actual != Value,
            MatchOperator.Matches => Pattern!.IsMatch(actual),
            _ => !Pattern!.IsMatch(actual),
        };
    }
}

internal enum LogUnit
{
    Number,
    Milliseconds,
    Bytes,
}

internal sealed record LogNumberCondition(string Name, string Operator, double Value, LogUnit Unit) : LogCondition
{
    public override bool Holds(LogLine line)
    {
        if (!line.Values.TryGetValue(Name, out var text))
            return false;

        double actual;
        var read = Unit switch
        {
            LogUnit.Milliseconds => Quantities.TryDuration(text, out actual),
            LogUnit.Bytes => LogParsers.TryBytes(text, out actual),
            _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out actual),
        };
        if (!read)
        {
            line.Fail("LabelFilterErr");
            return true;
        }

        return Operator switch
        {
            "=" or "==" => actual == Value,
            "!=" => actual != Value,
            ">" => actual > Value,
            ">=" => actual >= Value,
            "<" => actual < Value,
            _ => actual <= Value,
        };
    }
}
