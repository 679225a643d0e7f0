using Google.Protobuf;
using Google.Protobuf.Collections;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.Otlp;
using MicroMonitored.Embedded.Query.TraceQL;
using OpenTelemetry.Proto.Common.V1;
using RazorSlices;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>One row of a waterfall.</summary>
/// <param name="Start">Thousandths of the trace before it.</param>
/// <param name="Width">Thousandths of the trace.</param>
/// <param name="Critical">Whether the trace would have been shorter had it been.</param>
internal sealed record SpanRow(SpanView Span, int Depth, double Start, double Width, bool Critical);

/// <summary>One trace: its spans as a waterfall, and the log lines that carry its id.</summary>
internal sealed class TracePage : Page
{
    public const int ShownSpans = 2000;
    private const int ShownLines = 300;
    private const int DeepestIndent = 12;
    private const long LogMargin = 60_000_000_000;

    public TracePage(PageRequest request) : base(request)
    {
        var id = TempoApi.TraceId(request.Path[(request.Path.LastIndexOf('/') + 1)..]);
        var stored = request.Sources.Spans.Trace(id, request.Cancellation);
        if (stored.Count == 0)
        {
            throw new MissingPageException(
                $"There is no trace {Convert.ToHexStringLower(id)} here. It may not have arrived yet, or be older than the retention.");
        }

        Trace = new(id, stored);
        Rows = Waterfall();
    }

    public TraceView Trace { get; }

    public IReadOnlyList<SpanRow> Rows { get; }

    public override string Title => "Trace";

    public override string Section => "Traces";

    public override RazorSlice Body => new Web_Pages_Trace { Model = this };

    public string Name => NameOf(Trace);

    public int Errors => Trace.Spans.Count(static s => s.IsError);

    public IReadOnlyList<string> Services => [.. Trace.Spans.Select(static s => s.Stored.ServiceName).Distinct()];

    public IReadOnlyList<ShownLine> Lines() => LogQuery.Between(
        Request.Sources.Logs, LogQuery.Text(null, null, null, [new("trace_id", Trace.HexId)]), Trace.StartNs - LogMargin, Trace.EndNs + LogMargin,
        newestFirst: false, ShownLines, Request.Cancellation).Lines;

    public static string NameOf(TraceView trace) => trace.Root?.Stored.Name
        ?? (trace.Spans.Count > 0 ? trace.Spans[0].Stored.Name + " (its root is not here yet)" : "");

    public static string Text(AnyValue? value) => value is null ? "" : TraceValues.Of(value) switch
    {
        string or bool or long or double => TraceValues.Text(TraceValues.Of(value)),
        _ => JsonFormatter.Default.Format(value),
    };

    public static string? Attribute(RepeatedField<KeyValue> attributes, string name) =>
        attributes.FirstOrDefault(a => a.Key == name) is { } found ? Text(found.Value) : null;

    // Parents before children, siblings by start; a span whose parent is missing stands at the left, and a cycle is cut.
    private List<SpanRow> Waterfall()
    {
        var known = Trace.Spans.Select(static s => s.SpanId).ToHashSet();
        string Parent(SpanView span) => !span.IsRoot && Convert.ToHexStringLower(span.Stored.ParentSpanId!) is var parent
            && known.Contains(parent) && parent != span.SpanId ? parent : "";
        var children = Trace.Spans.ToLookup(Parent);
        var critical = Critical(children);
        var rows = new List<SpanRow>();
        var seen = new HashSet<SpanView>(ReferenceEqualityComparer.Instance);
        var total = Math.Max(1, Trace.DurationNs);
        foreach (var root in children[""].Concat(Trace.Spans))
            Add(root);
        return rows;

        void Add(SpanView root)
        {
            var pending = new Stack<(SpanView Span, int Depth)>([(root, 0)]);
            while (pending.TryPop(out var next))
            {
                if (!seen.Add(next.Span))
                    continue;
                var start = Math.Clamp((next.Span.Stored.StartNs - Trace.StartNs) * 1000.0 / total, 0, 997);
                rows.Add(new(next.Span, Math.Min(next.Depth, DeepestIndent), start,
                    Math.Clamp(next.Span.DurationNs * 1000.0 / total, 3, 1000 - start), critical.Contains(next.Span)));
                foreach (var child in children[next.Span.SpanId].OrderByDescending(static s => s.Stored.StartNs))
                    pending.Push((child, next.Depth + 1));
            }
        }
    }

    // From the end of the root back: the child that ended last before the point reached carries the time on.
    private HashSet<SpanView> Critical(ILookup<string, SpanView> children)
    {
        var path = new HashSet<SpanView>(ReferenceEqualityComparer.Instance);
        var pending = new Stack<(SpanView Span, long Until)>();
        if ((Trace.Root ?? children[""].FirstOrDefault()) is { } first)
            pending.Push((first, first.Stored.EndNs));
        while (pending.TryPop(out var next))
        {
            if (!path.Add(next.Span))
                continue;
            var until = next.Until;
            foreach (var child in children[next.Span.SpanId].OrderByDescending(static s => s.Stored.EndNs))
            {
                if (child.Stored.StartNs >= until || child.Stored.EndNs > until && child.Stored.EndNs > next.Span.Stored.EndNs)
                    continue;
                pending.Push((child, Math.Min(until, child.Stored.EndNs)));
                until = child.Stored.StartNs;
            }
        }

        return path;
    }
}
