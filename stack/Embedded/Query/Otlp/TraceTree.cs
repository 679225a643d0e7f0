namespace MicroMonitored.Embedded.Query.Otlp;

/// <summary>Which span of a trace calls which; a span whose parent has not arrived stands alone.</summary>
internal sealed class TraceTree
{
    private const int Server = 2;
    private const int Client = 3;

    private readonly Dictionary<SpanView, SpanView> _parents = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<SpanView, int> _children = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<SpanView, (int Left, int Right)> _sets = new(ReferenceEqualityComparer.Instance);
    private readonly int _count;

    public TraceTree(IReadOnlyList<SpanView> spans)
    {
        _count = spans.Count;
        var byId = spans.ToLookup(static span => span.SpanId);
        foreach (var span in spans)
        {
            if (FindParent(span, byId) is not { } parent)
                continue;
            _parents.Add(span, parent);
            _children[parent] = ChildCount(parent) + 1;
        }

        Number(spans);
    }

    public SpanView? Parent(SpanView span) => _parents.GetValueOrDefault(span);

    public int ChildCount(SpanView span) => _children.GetValueOrDefault(span);

    /// <summary>The parent, its parent and so on.</summary>
    public IEnumerable<SpanView> Ancestors(SpanView span)
    {
        // Malformed spans may name each other as parents: no path is longer than there are spans.
        var at = Parent(span);
        for (var i = 0; at is not null && i < _count; i++, at = Parent(at))
            yield return at;
    }

    /// <summary>The bounds of the nested set model, zero for a span that no root leads to.</summary>
    public (int Left, int Right) Bounds(SpanView span) => _sets.GetValueOrDefault(span);

    // Zipkin's client and server may share one span id: the server's span is then the client's child.
    private static SpanView? FindParent(SpanView span, ILookup<string, SpanView> byId)
    {
        if (span.Stored.Kind == Server && byId[span.SpanId].FirstOrDefault(static other => other.Stored.Kind == Client) is { } shared)
            return shared;
        if (span.IsRoot)
            return null;
        var candidates = byId[Convert.ToHexStringLower(span.Stored.ParentSpanId!)].Where(other => !ReferenceEquals(other, span)).ToList();
        return candidates.FirstOrDefault(static other => other.Stored.Kind == Server) ?? candidates.FirstOrDefault();
    }

    private void Number(IReadOnlyList<SpanView> spans)
    {
        var children = _parents.ToLookup(static pair => pair.Value, static pair => pair.Key, ReferenceEqualityComparer.Instance);
        var next = 1;
        foreach (var root in spans.Where(span => span.IsRoot && !_parents.ContainsKey(span)))
        {
            var open = new Stack<(SpanView Span, IEnumerator<SpanView> Children, int Left)>();
            open.Push((root, children[root].GetEnumerator(), next++));
            while (open.TryPeek(out var top))
            {
                if (top.Children.MoveNext())
                {
                    open.Push((top.Children.Current, children[top.Children.Current].GetEnumerator(), next++));
                    continue;
                }

                open.Pop();
                _sets[top.Span] = (top.Left, next++);
            }
        }
    }
}
