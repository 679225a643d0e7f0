using System.Text;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>One answered stream: the final labels and its lines in the asked order.</summary>
internal sealed record LogStream(Labels Labels, List<LogEntry> Entries);

/// <summary>What a query read and kept, as its statistics report.</summary>
internal sealed class LogWork
{
    public long Lines { get; set; }
    public long Bytes { get; set; }
    public long MetadataBytes { get; set; }
    public long Kept { get; set; }
    public int Streams { get; set; }
}

/// <summary>Evaluates parsed LogQL over the stored lines.</summary>
internal sealed class LogEvaluator(ILogReader reader, CancellationToken cancellation)
{
    public LogWork Work { get; } = new();

    /// <summary>The lines with <c>from &lt;= timestamp &lt; to</c>, at most <paramref name="limit"/> over all streams, grouped by final label set.</summary>
    public IReadOnlyList<LogStream> Lines(LogSelection selection, long fromNs, long toNs, int limit, bool newestFirst)
    {
        var streams = new Dictionary<Labels, LogStream>();
        var kept = 0;
        if (limit > 0)
        {
            foreach (var (labels, entry) in Read(selection, fromNs, toNs, newestFirst))
            {
                if (!streams.TryGetValue(labels, out var stream))
                    streams.Add(labels, stream = new(labels, []));
                stream.Entries.Add(entry);
                if (++kept >= limit)
                    break;
            }
        }

        return [.. streams.Values.OrderBy(static stream => stream.Labels)];
    }

    /// <summary>A metric query at every step from start to end, both included, in nanoseconds.</summary>
    public IReadOnlyList<PromSeries> Metric(LogNode node, long startNs, long endNs, long stepNs)
    {
        var answer = node switch
        {
            LogRange range => Range(range, startNs, endNs, stepNs, null, QueryLimits.LogSeries),
            LogAggregate aggregate => Aggregate(aggregate, startNs, endNs, stepNs),
            _ => throw new QueryExecutionException("not a metric query"),
        };
        if (answer.Count > QueryLimits.LogSeries)
            throw TooManySeries(QueryLimits.LogSeries);
        return [.. answer.OrderBy(static series => series.Labels)];
    }

    private static QueryLimitException TooManySeries(int limit) =>
        new($"maximum of series ({limit}) reached for a single query; consider reducing query cardinality by adding more specific stream selectors, "
            + "reducing the time range, or aggregating results with functions like sum(), count() or topk()");

    private IEnumerable<(Labels Labels, LogEntry Entry)> Read(LogSelection selection, long fromNs, long toNs, bool newestFirst)
    {
        var bases = reader.Streams(selection.Matchers, cancellation).ToDictionary(static s => s.Id, static s => Labels.From(s.Labels));
        Work.Streams = bases.Count;
        if (bases.Count == 0 || toNs <= fromNs)
            yield break;

        foreach (var entry in reader.Entries(bases.Keys, fromNs, toNs, newestFirst, Required(selection.Stages), cancellation))
        {
            if ((++Work.Lines & 0xff) == 0)
                cancellation.ThrowIfCancellationRequested();
            if (Work.Lines > QueryLimits.LogLines)
                throw new QueryLimitException($"the query would read more than {QueryLimits.LogLines} lines; narrow its selector or its range");

            Work.Bytes += entry.Line.Length;
            foreach (var (name, value) in entry.Metadata)
                Work.MetadataBytes += name.Length + value.Length;

            if (!PassesText(selection.Stages, entry.Line, out var rest))
                continue;

            var line = new LogLine(entry.Line, bases[entry.StreamId], entry.Metadata);
            var keep = true;
            for (var i = rest; i < selection.Stages.Count && keep; i++)
                keep = selection.Stages[i].Keep(line);
            if (!keep)
                continue;

            Work.Kept++;
            yield return (Labels.FromParsed(line.Values), entry);
        }
    }

    /// <summary>The texts that every line must hold to pass the leading line filters.</summary>
    private static List<string> Required(IReadOnlyList<LogStage> stages) =>
    [
        .. stages.TakeWhile(static stage => stage is LogLineFilter).Cast<LogLineFilter>()
            .Where(static filter => filter is { Wanted: true, Texts: [_], Patterns: [] }).Select(static filter => filter.Texts[0]),
    ];

    // Leading line filters need no labels: most lines of a selective query end here.
    private static bool PassesText(IReadOnlyList<LogStage> stages, string text, out int rest)
    {
        for (rest = 0; rest < stages.Count; rest++)
        {
            if (stages[rest].KeepText(text) is not { } keep)
                break;
            if (!keep)
                return false;
        }

        return true;
    }

    private List<PromSeries> Range(LogRange range, long startNs, long endNs, long stepNs, Func<Labels, Labels>? group, int limit)
    {
        var bytes = range.Function.StartsWith("bytes", StringComparison.Ordinal);
        var series = new Dictionary<Labels, (List<long> Times, List<double> Sums)>();
        var fromNs = startNs - range.OffsetNs - range.RangeNs + 1;
        var toNs = endNs - range.OffsetNs + 1;
        foreach (var (full, entry) in Read(range.Selection, fromNs, toNs, newestFirst: false))
        {
            var labels = group is null ? full : group(full);
            if (!series.TryGetValue(labels, out var points))
            {
                if (series.Count >= limit)
                    throw TooManySeries(limit);
                series.Add(labels, points = ([], [0]));
            }

            points.Times.Add(entry.TimestampNs);
            points.Sums.Add(points.Sums[^1] + (bytes ? Encoding.UTF8.GetByteCount(entry.Line) : 1));
        }

        var divisor = range.Function is "rate" or "bytes_rate" ? range.RangeNs / 1e9 : 1;
        var answer = new List<PromSeries>(series.Count);
        long values = 0;
        foreach (var (labels, (times, sums)) in series)
        {
            cancellation.ThrowIfCancellationRequested();
            var points = new List<Sample>();
            for (var time = startNs; time <= endNs; time += stepNs)
            {
                var to = time - range.OffsetNs;
                var (first, end) = (UpTo(times, to - range.RangeNs), UpTo(times, to));
                if (end > first)
                    points.Add(new(time / 1_000_000, (sums[end] - sums[first]) / divisor));
            }

            if ((values += points.Count) > QueryLimits.AnswerValues)
                throw new QueryLimitException($"the answer would hold more than {QueryLimits.AnswerValues} values; narrow the query or raise the step");
            if (points.Count > 0)
                answer.Add(new(labels, points));
        }

        return answer;
    }

    private static int UpTo(List<long> times, long time)
    {
        var (low, high) = (0, times.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (times[middle] <= time)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private List<PromSeries> Aggregate(LogAggregate node, long startNs, long endNs, long stepNs)
    {
        Labels Group(Labels labels) => node.Grouping is null ? Labels.Empty : node.Without ? labels.Without(node.Grouping) : labels.Only(node.Grouping);

        // A sum of counts is the count of the group: the inner series, one per distinct trace id, need not exist.
        if (node is { Operator: "sum", Body: LogRange direct })
            return Range(direct, startNs, endNs, stepNs, Group, QueryLimits.LogSeries);

        var inner = node.Body switch
        {
            LogRange range => Range(range, startNs, endNs, stepNs, null, QueryLimits.Series),
            LogAggregate aggregate => Aggregate(aggregate, startNs, endNs, stepNs),
            _ => throw new QueryExecutionException("not a metric query"),
        };
        var byTime = new SortedDictionary<long, Dictionary<Labels, List<PromPoint>>>();
        foreach (var series in inner)
        {
            var key = Group(series.Labels);
            foreach (var point in series.Points)
            {
                if (!byTime.TryGetValue(point.TimestampMs, out var groups))
                    byTime.Add(point.TimestampMs, groups = []);
                if (!groups.TryGetValue(key, out var members))
                    groups.Add(key, members = []);
                members.Add(new(series.Labels, point.Value));
            }
        }

        var answer = new Dictionary<Labels, PromSeries>();
        foreach (var (time, groups) in byTime)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var (key, members) in groups)
            {
                if (node.Operator is "topk" or "bottomk")
                {
                    var ordered = node.Operator == "topk" ? members.OrderByDescending(static m => m.Value) : members.OrderBy(static m => m.Value);
                    foreach (var member in ordered.Take(node.Count))
                        Add(member.Labels, new(time, member.Value));
                }
                else
                {
                    Add(key, new(time, PromWindows.Aggregate(node.Operator, members, 0)));
                }
            }
        }

        return [.. answer.Values];

        void Add(Labels labels, Sample sample)
        {
            if (!answer.TryGetValue(labels, out var series))
                answer.Add(labels, series = new(labels, []));
            series.Points.Add(sample);
        }
    }
}
