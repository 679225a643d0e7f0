using System.Globalization;
using Google.Protobuf.Collections;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Query.Otlp;
using MicroMonitored.Embedded.Query.TraceQL;
using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Common.V1;

namespace MicroMonitored.Embedded.Web;

/// <summary>One trace: its spans as a waterfall, and the log lines that carry its id.</summary>
internal sealed class TracePage(PageSources sources, CancellationToken cancellation)
{
    private const int ShownSpans = 1000;
    private const int ShownLines = 200;
    private const int DeepestIndent = 8;
    private const long LogMargin = 60_000_000_000;

    /// <summary>Null for an unknown trace.</summary>
    public Html? Render(byte[] id)
    {
        var stored = sources.Spans.Trace(id, cancellation);
        if (stored.Count == 0)
            return null;

        var trace = new TraceView(id, stored);
        var services = trace.Spans.Select(static s => s.Stored.ServiceName).Distinct().ToList();
        var errors = trace.Spans.Count(static s => s.IsError);
        return Html.Of($"""
            <section><h1>{PageParts.Title(trace)}</h1><p class="facts"><span class="mono">{trace.HexId}</span>
            <span><b>{PageParts.Duration(trace.DurationNs)}</b></span>
            <span><b>{trace.Spans.Count}</b> {(trace.Spans.Count == 1 ? "span" : "spans")}</span>
            <span><b>{services.Count}</b> {(services.Count == 1 ? "service" : "services")}</span>
            {PageParts.Failed(errors)}<span>{PageParts.Full(trace.StartNs)}</span></p></section>
            <section class="card"><header><h2>Spans</h2><div
            class="legend">{services.Select(static s => Html.Of($"<span>{PageParts.Dot(s)}{s}</span>"))}</div></header>
            {Scale(trace)}{Ordered(trace).Take(ShownSpans).Select(row => Row(trace, row.Span, row.Depth))}</section>
            {Logs(trace)}
            """);
    }

    private static Html Scale(TraceView trace)
    {
        var marks = Enumerable.Range(0, 5).Select(i => Html.Of($"<span>{(i == 0 ? "0" : PageParts.Duration(trace.DurationNs * i / 4.0))}</span>"));
        return Html.Of($"<div class=\"scale\"><span></span><div>{marks}</div><span></span></div>");
    }

    // Parents before children, siblings by start; a span whose parent is missing stands at the left, and a cycle is cut.
    private static List<(SpanView Span, int Depth)> Ordered(TraceView trace)
    {
        var known = trace.Spans.Select(static s => s.SpanId).ToHashSet();
        static string Parent(SpanView span) => span.IsRoot ? "" : Convert.ToHexStringLower(span.Stored.ParentSpanId!);
        var children = trace.Spans.ToLookup(s => known.Contains(Parent(s)) && Parent(s) != s.SpanId ? Parent(s) : "");
        var rows = new List<(SpanView, int)>();
        var seen = new HashSet<SpanView>(ReferenceEqualityComparer.Instance);
        var pending = new Stack<(SpanView Span, int Depth)>(children[""].OrderByDescending(static s => s.Stored.StartNs).Select(static s => (s, 0)));
        while (true)
        {
            while (pending.TryPop(out var next))
            {
                if (!seen.Add(next.Span))
                    continue;
                rows.Add(next);
                foreach (var child in children[next.Span.SpanId].OrderByDescending(static s => s.Stored.StartNs))
                    pending.Push((child, next.Depth + 1));
            }

            if (trace.Spans.FirstOrDefault(s => !seen.Contains(s)) is not { } left)
                return rows;
            pending.Push((left, 0));
        }
    }

    private static Html Row(TraceView trace, SpanView span, int depth)
    {
        var total = Math.Max(1, trace.DurationNs);
        var x = Math.Clamp((span.Stored.StartNs - trace.StartNs) * 1000.0 / total, 0, 997);
        var width = Math.Clamp(span.DurationNs * 1000.0 / total, 3, 1000 - x);
        var service = span.Stored.ServiceName;
        static string Tenth(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
        var indent = string.Create(CultureInfo.InvariantCulture, $"i{Math.Min(depth, DeepestIndent)}");
        return Html.Of($"""
            <details class="span"><summary><span class="label {indent}"><b class="{(span.IsError ? "error" : "")}">{span.Stored.Name}</b><span
            class="soft">{PageParts.Dot(service)}{service}</span></span>
            <svg class="fall" viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true">{Guides}<rect
            class="{(span.IsError ? "fe" : PageParts.Colour(service))}" x="{Tenth(x)}" y="3" width="{Tenth(width)}" height="10"/></svg>
            <span class="num">{PageParts.Duration(span.DurationNs)}</span></summary>{Details(trace, span)}</details>
            """);
    }

    private static readonly Html Guides = Html.All(
        ((int[])[0, 250, 500, 750, 1000]).Select(static x => Html.Of($"<line class=\"guide\" x1=\"{x}\" x2=\"{x}\" y1=\"-6\" y2=\"22\"/>")));

    private static Html Details(TraceView trace, SpanView span)
    {
        var status = span.IsError ? Html.Of($"<dt>status</dt><dd class=\"error\">error {span.Span.Status.Message}</dd>") : Html.Nothing;
        var events = span.Span.Events.Select(e =>
            Attributes($"event {e.Name} after {PageParts.Duration((double)e.TimeUnixNano - trace.StartNs)}", e.Attributes));
        return Html.Of($"""
            <dl class="attrs"><dt>span</dt><dd class="mono">{span.SpanId}</dd><dt>kind</dt><dd>{TraceField.KindName(span.Stored.Kind)}</dd>
            <dt>starts after</dt><dd>{PageParts.Duration(span.Stored.StartNs - trace.StartNs)}</dd>
            <dt>instrumentation</dt><dd>{span.Scope.Name} {span.Scope.Version}</dd>{status}
            {Attributes("attributes", span.Span.Attributes)}{events}{Attributes("resource", span.ResourceAttributes)}</dl>
            """);
    }

    private static Html Attributes(string title, RepeatedField<KeyValue> attributes) => Html.Of(
        $"<dt class=\"group\">{title}</dt>{attributes.Select(static a => Html.Of($"<dt>{a.Key}</dt><dd class=\"mono\">{Text(a.Value)}</dd>"))}");

    private static string Text(AnyValue? value) => value is null ? "" : TraceField.Plain(value) switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        double number => Quantities.Format(number),
        _ => value.ToString(),
    };

    private Html Logs(TraceView trace)
    {
        var selection = new LogSelection([], [new LogLabelFilter(new LogTextCondition("trace_id", MatchOperator.Equal, trace.HexId, null))]);
        var lines = LogsPage.Between(sources.Logs, selection, trace.StartNs - LogMargin, trace.EndNs + LogMargin, newestFirst: false, ShownLines, cancellation);
        return Html.Of($"""
            <section class="card"><header><h2>Log lines of this trace</h2><a href="/logs?trace={trace.HexId}">open in logs</a></header>
            {PageParts.Logs(lines, linkTraces: false)}</section>
            """);
    }
}
