using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>What the stages of a pipeline work on: one line with its labels.</summary>
internal sealed class LogLine
{
    public const string Error = "__error__";
    public const string ErrorDetails = "__error_details__";

    private readonly HashSet<string> _own = new(StringComparer.Ordinal);
    private readonly HashSet<string> _parsed = new(StringComparer.Ordinal);

    public LogLine(string text, Labels stream, IReadOnlyList<KeyValuePair<string, string>> metadata, long timestampNs = 0)
    {
        Text = text;
        TimestampNs = timestampNs;
        foreach (var (name, value) in stream.Pairs)
            Set(name, value);
        foreach (var (name, value) in metadata)
        {
            // The stream keeps its label; what the metadata says stands beside it.
            if (stream[name].Length == 0)
                Set(name, value);
            else
                Values[name + "_extracted"] = value;
        }

        if (!_own.Contains(DetectedLevel.Label))
            Set(DetectedLevel.Label, DetectedLevel.Of(stream, metadata));

        void Set(string name, string value)
        {
            Values[name] = value;
            _own.Add(name);
        }
    }

    public string Text { get; set; }

    public long TimestampNs { get; }

    public Dictionary<string, string> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>The value, or the empty string where the label is missing.</summary>
    public string this[string name] => Values.GetValueOrDefault(name, "");

    public bool HasError => Values.ContainsKey(Error);

    /// <summary>Adds a label found in the line; a stream label or structured metadata of that name keeps it, and the first of two wins.</summary>
    public void AddParsed(string name, string value)
    {
        if (_own.Contains(name))
            name += "_extracted";
        if (_parsed.Add(name))
            Values[name] = value;
    }

    /// <summary>Marks the line as one that a stage could not work on; the first reason stays.</summary>
    public void Fail(string error, string details = "")
    {
        if (Values.TryAdd(Error, error) && details.Length > 0)
            Values[ErrorDetails] = details;
    }
}

/// <summary>The level Loki derives for every line it stores.</summary>
internal static class DetectedLevel
{
    public const string Label = "detected_level";

    /// <summary>Whether structured metadata of this name is the level of a line whose stream has none.</summary>
    public static bool IsLevel(string name) => name is "level" or "severity" or "severity_text";

    public static string Of(Labels stream, IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        var level = stream["level"];
        if (level.Length == 0)
            level = metadata.FirstOrDefault(static pair => IsLevel(pair.Key)).Value ?? "";

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
