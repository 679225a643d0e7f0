using System.Globalization;
using System.Text.Json;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Query.Otlp;
using MicroMonitored.Embedded.Query.TraceQL;

namespace MicroMonitored.Embedded.Web;

/// <summary>Pieces that several pages show.</summary>
internal static class PageParts
{
    private const int Colours = 8;

    public static string Number(long value) => value switch
    {
        >= 10_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e9:0.0} G"),
        >= 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.0} M"),
        _ => value.ToString("N0", CultureInfo.InvariantCulture),
    };

    public static string Bytes(long value) => value switch
    {
        >= 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{value / (double)(1 << 30):0.0} GiB"),
        >= 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{value / (double)(1 << 20):0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value / 1024.0:0} KiB"),
    };

    public static string Duration(double nanoseconds) => nanoseconds switch
    {
        >= 60e9 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 60e9:0.0} min"),
        >= 1e9 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e9:0.00} s"),
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:0.0} ms"),
        >= 1e3 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e3:0} µs"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:0} ns"),
    };

    public static string Ago(TimeSpan span) => span.TotalSeconds switch
    {
        < 1.5 => "just now",
        < 90 => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s ago"),
        < 5400 => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0} min ago"),
        < 129_600 => string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0} h ago"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0} days ago"),
    };

    public static string Clock(long nanoseconds) => Moment(nanoseconds).ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);

    public static string Full(long nanoseconds) => Moment(nanoseconds).ToString("yyyy-MM-dd HH:mm:ss.fffffff 'UTC'", CultureInfo.InvariantCulture);

    private static DateTime Moment(long nanoseconds) =>
        DateTime.UnixEpoch.AddTicks(Math.Clamp(nanoseconds / 100, 0, DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks));

    /// <summary>The colour class of a service: the same on every page.</summary>
    public static string Colour(string service)
    {
        uint hash = 2166136261;
        foreach (var c in service)
            hash = (hash ^ c) * 16777619;
        return string.Create(CultureInfo.InvariantCulture, $"f{hash % Colours}");
    }

    public static Html Dot(string service) =>
        Html.Of($"<svg class=\"dot\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><circle cx=\"5\" cy=\"5\" r=\"5\" class=\"{Colour(service)}\"/></svg>");

    public static bool IsTraceId(string text) => text.Length == 32 && text.All(char.IsAsciiHexDigit);

    /// <summary>The lines as a list; every line that has a trace id links to the trace.</summary>
    public static Html Logs(IReadOnlyList<(LogLine Line, long TimestampNs)> lines, bool linkTraces)
    {
        if (lines.Count == 0)
            return Html.Of($"<p class=\"empty\">No log lines here yet.</p>");

        return Html.Of($"<div class=\"logs mono\">{lines.Select(line => Log(line.Line, line.TimestampNs, linkTraces))}</div>");
    }

    private static Html Log(LogLine line, long timestampNs, bool linkTraces)
    {
        var level = line[DetectedLevel.Label];
        var trace = line["trace_id"];
        var link = linkTraces && IsTraceId(trace)
            ? Html.Of($"<a class=\"chip\" href=\"/trace/{trace}\" title=\"Open trace {trace}\">{trace[..8]}</a>")
            : Html.Nothing;
        return Html.Of($"""
            <div class="log at-{level}"><time class="when" title="{Full(timestampNs)}">{Clock(timestampNs)}</time>
            <span class="lv lv-{level}">{level}</span>
            <span class="what"><span class="who">{line["service_name"]}</span> {Message(line.Text)}</span>{link}</div>
            """);
    }

    // The message of a JSON line reads better than the line; anything else is shown as it is.
    private static string Message(string text)
    {
        const int Longest = 600;
        try
        {
            if (text.StartsWith('{'))
            {
                using var document = JsonDocument.Parse(text);
                foreach (var name in (string[])["message", "@m", "msg"])
                {
                    if (document.RootElement.TryGetProperty(name, out var message) && message.ValueKind == JsonValueKind.String)
                    {
                        var exception = document.RootElement.TryGetProperty("exception", out var thrown) && thrown.ValueKind == JsonValueKind.String
                            ? " — " + thrown.GetString()!.Split('\n')[0]
                            : "";
                        text = message.GetString() + exception;
                        break;
                    }
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON after all: the line itself.
        }

        return text.Length <= Longest ? text : text[..Longest] + " …";
    }

    /// <summary>One line per trace with a bar for its duration against the longest shown.</summary>
    public static Html Traces(IReadOnlyList<FoundTrace> traces, DateTimeOffset now)
    {
        if (traces.Count == 0)
            return Html.Of($"<p class=\"empty\">No traces here yet.</p>");

        var longest = Math.Max(1, traces.Max(static t => t.Trace.DurationNs));
        return Html.All(traces.Select(found =>
        {
            var trace = found.Trace;
            var errors = trace.Spans.Count(static s => s.IsError);
            var services = trace.Spans.Select(static s => s.Stored.ServiceName).Distinct().ToList();
            var width = Math.Max(8, trace.DurationNs * 1000 / longest);
            return Html.Of($"""
                <a class="tr" href="/trace/{trace.HexId}"><span class="title"><b class="name">{Title(trace)}</b>
                {Failed(errors)}<span class="sub"><br>{Ago(now - Moment(trace.StartNs))} · {Spans(trace)} &nbsp;
                {services.Take(4).Select(static s => Html.Of($"{Dot(s)}{s} &nbsp;"))}</span></span>
                <svg class="meter" viewBox="0 0 1000 6" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="1000" height="6" rx="3"/><rect
                class="{(errors > 0 ? "fe" : Colour(services[0]))}" width="{width}" height="6" rx="3"/></svg>
                <span class="num">{Duration(trace.DurationNs)}</span></a>
                """);
        }));
    }

    public static Html Select(string name, string all, IEnumerable<string> values, string? chosen) => Html.Of(
        $"<select name=\"{name}\" aria-label=\"{name}\"><option value=\"\">{all}</option>{values.Select(v => Option(v, v == chosen))}</select>");

    private static Html Option(string value, bool chosen) => chosen ? Html.Of($"<option selected>{value}</option>") : Html.Of($"<option>{value}</option>");

    /// <summary>The name of a trace's first span.</summary>
    public static string Title(TraceView trace) => trace.RootName.Length > 0 ? trace.RootName : "(root span not yet received)";

    public static string Spans(TraceView trace) => trace.Spans.Count == 1 ? "1 span" : $"{trace.Spans.Count} spans";

    public static Html Failed(int errors) => errors > 0 ? Html.Of($"<span class=\"error\">{errors} failed</span>") : Html.Nothing;
}
