namespace MicroMonitored.Testing.Recording;

/// <summary>A trace as text.</summary>
internal static class Tree
{
    /// <summary>One span a line, below its parent; spans whose parent is not there come last and say so.</summary>
    public static IReadOnlyList<string> Of(Recording recording, IReadOnlyList<RecordedSpan> spans)
    {
        if (spans.Count == 0)
            return [$"no span of trace {recording.TraceId}"];
        var lines = new List<string> { $"trace {recording.TraceId}" };
        var shown = new HashSet<RecordedSpan>(ReferenceEqualityComparer.Instance);
        foreach (var own in recording.Own.Keys)
            Add(own, 1);
        var ids = spans.Select(span => span.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var lost in spans.Where(span => span.ParentId is null || (!ids.Contains(span.ParentId) && !recording.IsOwn(span.ParentId))))
        {
            lines.Add(lost.ParentId is null ? "without a parent:" : $"below {lost.ParentId}, which is not there:");
            Show(lost, 1);
        }

        return lines;

        void Add(string parent, int depth)
        {
            foreach (var span in spans.Where(span => span.ParentId == parent && !shown.Contains(span)))
                Show(span, depth);
        }

        void Show(RecordedSpan span, int depth)
        {
            shown.Add(span);
            lines.Add(FormattableString.Invariant($"{new string(' ', depth * 2)}{span} {span.Duration.TotalMilliseconds:0.0} ms"));
            Add(span.Id, depth + 1);
        }
    }

    /// <summary>Everything below a span.</summary>
    public static IEnumerable<RecordedSpan> Below(RecordedSpan span, IReadOnlyList<RecordedSpan> spans)
    {
        var known = new HashSet<string>(StringComparer.Ordinal) { span.Id };
        for (var grown = true; grown;)
        {
            grown = false;
            foreach (var child in spans.Where(one => one.ParentId is { } parent && known.Contains(parent) && !known.Contains(one.Id)))
                grown |= known.Add(child.Id);
        }

        return spans.Where(one => one.Id != span.Id && known.Contains(one.Id));
    }
}
