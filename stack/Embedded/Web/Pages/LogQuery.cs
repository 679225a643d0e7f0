using System.Text;
using System.Text.Json;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Store;
using Labels = MicroMonitored.Embedded.Query.Labels;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>One log line as it is shown.</summary>
/// <param name="Fields">What the line itself holds, where it is a JSON object: named as <c>| json</c> names it.</param>
/// <param name="Labels">The labels of its stream and its structured metadata.</param>
internal sealed record ShownLine(
    long TimestampNs, string Level, string Service, string Message, string Raw,
    IReadOnlyList<KeyValuePair<string, string>> Fields, IReadOnlyList<KeyValuePair<string, string>> Labels)
{
    private static readonly string[] Messages = ["message", "_m", "msg"];
    private static readonly string[] Exceptions = ["exception", "_x", "exception_stacktrace"];

    /// <summary>The whole exception with its line breaks; null where there is none.</summary>
    public string? Exception => Fields.FirstOrDefault(static f => Exceptions.Contains(f.Key)).Value
        ?? Labels.FirstOrDefault(static f => f.Key is "exception_stacktrace").Value;

    public string? TraceId => Find("trace_id") is { } id && Show.IsTraceId(id) ? id : null;

    public string? SpanId => Find("span_id") is { Length: 16 } id ? id : null;

    private string? Find(string name) => Labels.Concat(Fields).FirstOrDefault(f => f.Key == name).Value;

    public static ShownLine Of(LogEntry entry, Labels stream)
    {
        var line = new LogLine(entry.Line, stream, entry.Metadata);
        var fields = new List<KeyValuePair<string, string>>();
        try
        {
            if (entry.Line.StartsWith('{'))
            {
                using var document = JsonDocument.Parse(entry.Line);
                Flatten("", document.RootElement, fields);
            }
        }
        catch (JsonException)
        {
            // Not JSON after all: the line itself is the message.
        }

        var message = fields.FirstOrDefault(static f => Messages.Contains(f.Key)).Value ?? entry.Line;
        return new(entry.TimestampNs, line[DetectedLevel.Label], line["service_name"], message, entry.Line, fields,
            [.. line.Values.OrderBy(static v => v.Key, StringComparer.Ordinal)]);
    }

    private static string Label(string name) => string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    private static void Flatten(string prefix, JsonElement element, List<KeyValuePair<string, string>> into)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                    Flatten(prefix.Length == 0 ? Label(member.Name) : $"{prefix}_{Label(member.Name)}", member.Value, into);
                break;
            case JsonValueKind.String:
                into.Add(new(prefix, element.GetString()!));
                break;
            default:
                into.Add(new(prefix, element.GetRawText()));
                break;
        }
    }
}

/// <summary>Lines and their number over time.</summary>
/// <param name="Older">Whether there may be more before them.</param>
internal sealed record FoundLines(IReadOnlyList<ShownLine> Lines, bool Older);

/// <summary>Reads log lines for the pages through the evaluator of the LogQL API.</summary>
internal static class LogQuery
{
    /// <summary>The LogQL that the filters of a page stand for.</summary>
    public static string Text(string? service, string? level, string? text, IEnumerable<KeyValuePair<string, string>>? fields = null)
    {
        var query = new StringBuilder(service is null ? "{service_name=~\".+\"}" : $"{{service_name={Quoted(service)}}}");
        if (text is not null)
            query.Append($" |= {Quoted(text)}");
        if (level is not null)
            query.Append($" | detected_level={Quoted(level)}");
        var given = fields?.ToList() ?? [];
        if (given.Any(static f => f.Key is not ("trace_id" or "span_id")))
            query.Append(" | json");
        foreach (var (name, value) in given)
        {
            if (!name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_') || char.IsAsciiDigit(name[0]))
                throw new QueryParameterException("f", $"\"{name}\" is no name of a field");
            query.Append($" | {name}={Quoted(value)}");
        }

        return query.ToString();
    }

    /// <summary>A text as the query languages quote it.</summary>
    public static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                < ' ' => quoted.Append($"\\x{(int)c:x2}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>The newest lines of a range that a query lets through.</summary>
    public static FoundLines Newest(PageRequest request, PageRange range, string query, int count) =>
        Newest(request.Sources, range, query, count, request.Cancellation);

    /// <summary>The newest lines of a range that a query lets through.</summary>
    public static FoundLines Newest(PageSources sources, PageRange range, string query, int count, CancellationToken cancellation) =>
        Between(sources.Logs, query, range.FromNs, range.EndsNow ? range.ToNs + 1_000_000 : range.ToNs, newestFirst: true, count, cancellation);

    /// <summary>The lines of a time range that pass the selection.</summary>
    public static FoundLines Between(
        ILogReader logs, string query, long fromNs, long toNs, bool newestFirst, int count, CancellationToken cancellation)
    {
        var selection = LogParser.Parse(query) as LogSelection ?? throw new QueryParameterException("q", "is a metric query; open it in Explore");
        var streams = logs.Streams(selection.Matchers, cancellation).ToDictionary(static s => s.Id, static s => Labels.From(s.Labels));
        var entries = new LogEvaluator(logs, cancellation).Lines(selection, fromNs, toNs, count, newestFirst).SelectMany(static s => s.Entries);
        var ordered = newestFirst
            ? entries.OrderByDescending(static e => e.TimestampNs).ThenByDescending(static e => e.Sequence)
            : entries.OrderBy(static e => e.TimestampNs).ThenBy(static e => e.Sequence);
        var lines = ordered.Where(e => streams.ContainsKey(e.StreamId)).Select(e => ShownLine.Of(e, streams[e.StreamId])).ToList();
        return new(lines, lines.Count >= count);
    }
}

/// <summary>Lines to show on a page.</summary>
/// <param name="Empty">What is said where there are none.</param>
internal sealed record ShownLines(Page Page, IReadOnlyList<ShownLine> Lines, string Empty = "No log lines here in this time.")
{
    /// <summary>Where a click on a value leads.</summary>
    public string Filter(string name, string value) => (Page, name) switch
    {
        (_, "service_name") => Page.Request.Link("/logs", ("service", value)),
        (_, "detected_level") => Page.Request.Link("/logs", ("level", value)),
        (LogsPage logs, _) => logs.Narrowed(name, value),
        _ => Page.Request.Link("/logs", ("f", $"{name}={value}")),
    };
}
