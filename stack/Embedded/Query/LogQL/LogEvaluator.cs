using System.Runtime.InteropServices;
using System.Text;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Query.Templates;
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
    private (long StartNs, long EndNs, long StepNs) _steps;
    private long _read;

    public LogWork Work { get; } = new();

    /// <summary>The lines with <c>from &lt;= timestamp &lt; to</c>, at most <paramref name="limit"/> over all streams, grouped by final label set.</summary>
    public IReadOnlyList<LogStream> Lines(LogSelection selection, long fromNs, long toNs, int limit, bool newestFirst)
    {
        var streams = new Dictionary<Labels, LogStream>();
        var kept = 0;
        if (limit > 0)
        {
            var found = Streams(selection);
            foreach (var (line, entry) in Read(selection, found, found.Ids, fromNs, toNs, newestFirst))
            {
                var labels = Labels.FromParsed(line.Values);
                if (!streams.TryGetValue(labels, out var stream))
                    streams.Add(labels, stream = new(labels, []));
                stream.Entries.Add(ReferenceEquals(line.Text, entry.Line) ? entry : entry with { Line = line.Text });
                if (++kept >= limit)
                    break;
            }
        }

        return [.. streams.Values.OrderBy(static stream => stream.Labels)];
    }

    /// <summary>A metric query at every step from start to end, both included, in nanoseconds.</summary>
    public IReadOnlyList<PromSeries> Metric(LogNode node, long startNs, long endNs, long stepNs)
    {
        _steps = (startNs, endNs, stepNs);
        var answer = Of(node);
        if (answer.Count > QueryLimits.LogSeries)
            throw TooManySeries(QueryLimits.LogSeries);
        return IsSorted(node) ? answer : [.. answer.OrderBy(static series => series.Labels)];
    }

    private static bool IsSorted(LogNode node) => node switch
    {
        LogAggregate aggregate => aggregate.Operator is "sort" or "sort_desc",
        LogReplace replace => IsSorted(replace.Body),
        LogBinary { Right: LogLiteral } binary => IsSorted(binary.Left),
        LogBinary { Left: LogLiteral } binary => IsSorted(binary.Right),
        _ => false,
    };

    private List<PromSeries> Of(LogNode node) => node switch
    {
        LogRange { Function: "absent_over_time" } range => Absent(range),
        LogRange range => Range(range, null, QueryLimits.Series),
        LogAggregate aggregate => Aggregate(aggregate),
        LogBinary binary => Binary(binary),
        LogReplace replace => Replace(replace),
        LogLiteral literal => [Constant(literal.Value)],
        LogVector vector => [Constant(vector.Value)],
        _ => throw new QueryExecutionException("not a metric query"),
    };

    private static QueryLimitException TooManySeries(int limit) =>
        new($"maximum of series ({limit}) reached for a single query; consider reducing query cardinality by adding more specific stream selectors, "
            + "reducing the time range, or aggregating results with functions like sum(), count() or topk()");

    private IEnumerable<long> Times()
    {
        for (var time = _steps.StartNs; time <= _steps.EndNs; time += _steps.StepNs)
            yield return time;
    }

    private PromSeries Constant(double value) => new(Labels.Empty, [.. Times().Select(time => new Sample(time / 1_000_000, value))]);

    private LogStreams Streams(LogSelection selection)
    {
        var streams = new LogStreams(reader, selection, cancellation);
        Work.Streams += streams.Found;
        return streams;
    }

    private IEnumerable<(LogLine Line, LogEntry Entry)> Read(
        LogSelection selection, LogStreams streams, IReadOnlyCollection<long> ids, long fromNs, long toNs, bool newestFirst)
    {
        if (ids.Count == 0 || toNs <= fromNs)
            yield break;

        foreach (var entry in reader.Entries(ids, fromNs, toNs, newestFirst, streams.Needs, cancellation))
        {
            Work.Lines++;
            if ((++_read & 0xff) == 0)
                cancellation.ThrowIfCancellationRequested();
            if (_read > QueryLimits.LogLines)
                throw new QueryLimitException($"the query would read more than {QueryLimits.LogLines} lines; narrow its selector or its range");

            Work.Bytes += entry.Line.Length;
            foreach (var (name, value) in entry.Metadata)
                Work.MetadataBytes += name.Length + value.Length;

            if (!PassesText(selection.Stages, entry.Line, out var rest))
                continue;

            var line = new LogLine(entry.Line, streams.Labels[entry.StreamId], entry.Metadata, entry.TimestampNs);
            var keep = true;
            for (var i = rest; i < selection.Stages.Count && keep; i++)
                keep = selection.Stages[i].Keep(line);
            if (!keep)
                continue;

            Work.Kept++;
            yield return (line, entry);
        }
    }

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

    /// <summary>The value of a line; null where it has none.</summary>
    private static double? Value(LogRange range, LogLine line)
    {
        if (range.Unwrap is not { } unwrap)
            return range.Function.StartsWith("bytes", StringComparison.Ordinal) ? Encoding.UTF8.GetByteCount(line.Text) : 1;
        if (!line.Values.TryGetValue(unwrap.Label, out var text))
            return null;
        var unit = unwrap.Conversion switch { null => LogUnit.Number, "bytes" => LogUnit.Bytes, _ => LogUnit.Seconds };
        if (!LogParsers.TryConvert(text, unit, out var value, out var error))
        {
            value = 0;
            line.Fail("SampleExtractionErr", error);
        }

        return unwrap.After.All(filter => filter.Keep(line)) ? value : null;
    }

    private static Labels Series(LogRange range, LogLine line)
    {
        if (line.HasError)
        {
            var error = line[LogLine.Error];
            throw new QueryExecutionException($"pipeline error: '{error}' for series: '{{{string.Join(", ", Quoted(line))}}}'.\n"
                + $"Use a label filter to intentionally skip this error. (e.g | __error__!=\"{error}\").\n"
                + "To skip all potential errors you can match empty errors.(e.g __error__=\"\")\n"
                + "The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__=\"\" )\n");
        }

        if (range.Unwrap is { } unwrap && range.Grouping is not { Without: false })
            line.Values.Remove(unwrap.Label);
        var labels = Labels.FromParsed(line.Values);
        return range.Grouping?.Of(labels) ?? labels;
    }

    private static IEnumerable<string> Quoted(LogLine line) => line.Values.OrderBy(static label => label.Key, StringComparer.Ordinal)
        .Select(static label => $"{label.Key}=\"{label.Value.Replace("\"", "\\\"", StringComparison.Ordinal)}\"");

    private (long FromNs, long ToNs) Bounds(LogRange range) => (_steps.StartNs - range.OffsetNs - range.RangeNs + 1, _steps.EndNs - range.OffsetNs + 1);

    /// <param name="sum">What adds the series up afterwards; null where each stays.</param>
    private List<PromSeries> Range(LogRange range, LogAggregate? sum, int limit)
    {
        var series = new Dictionary<Labels, (List<long> Times, List<double> Values)>();
        var (fromNs, toNs) = Bounds(range);
        var streams = Streams(range.Selection);
        var counted = sum is null ? [] : Count(range, sum, streams, Add);
        if (!streams.AreSame)
        {
            series.Clear();
            counted = [];
        }

        foreach (var (line, entry) in Read(range.Selection, streams, [.. streams.Ids.Except(counted)], fromNs, toNs, newestFirst: false))
        {
            if (Value(range, line) is not { } value)
                continue;
            var full = Series(range, line);
            Add(sum is null ? full : Group(sum, full), entry.TimestampNs, value);
        }

        if (counted.Count > 0)
        {
            foreach (var (times, values) in series.Values)
                CollectionsMarshal.AsSpan(times).Sort(CollectionsMarshal.AsSpan(values));
        }

        void Add(Labels labels, long timestampNs, double value)
        {
            if (!series.TryGetValue(labels, out var points))
            {
                if (series.Count >= limit)
                    throw TooManySeries(limit);
                series.Add(labels, points = ([], []));
            }

            points.Times.Add(timestampNs);
            points.Values.Add(value);
        }

        var answer = new List<PromSeries>(series.Count);
        long count = 0;
        foreach (var (labels, (times, values)) in series)
        {
            var points = Points(range, times, values);
            if ((count += points.Count) > QueryLimits.AnswerValues)
                throw new QueryLimitException($"the answer would hold more than {QueryLimits.AnswerValues} values; narrow the query or raise the step");
            if (points.Count > 0)
                answer.Add(new(labels, points));
        }

        return answer;
    }

    /// <summary>Counts lines that need not be read for it.</summary>
    /// <returns>The streams whose lines are counted; others have to be read.</returns>
    private List<long> Count(LogRange range, LogAggregate sum, LogStreams streams, Action<Labels, long, double> add)
    {
        if (range is not { Unwrap: null, Grouping: null } || !LogSubset.Counting.Contains(range.Function) || sum.Grouping is { Without: true })
            return [];
        var countable = streams.Countable(sum.Grouping?.Names ?? []);
        var groups = countable.ToDictionary(static stream => stream, stream => Group(sum, Labels.FromParsed(streams.Line(stream).Values)));
        var (fromNs, toNs) = Bounds(range);
        foreach (var run in toNs <= fromNs ? [] : reader.Runs(countable, fromNs, toNs, streams.Needs.Texts, IsOne, cancellation))
        {
            Work.Lines += run.Lines;
            Work.Bytes += run.Bytes;
            Work.Kept += run.Lines;
            if (run.Lines > 0)
                add(groups[run.StreamId], run.TimestampNs, range.Function.StartsWith("bytes", StringComparison.Ordinal) ? run.Bytes : run.Lines);
        }

        return countable;

        // Windows begin behind a time and end with one; where none of these lies between two lines, both are in the same windows.
        bool IsOne(long first, long last) =>
            EdgesBefore(first, -range.OffsetNs) == EdgesBefore(last, -range.OffsetNs)
            && EdgesBefore(first, -range.OffsetNs - range.RangeNs) == EdgesBefore(last, -range.OffsetNs - range.RangeNs);
    }

    private long EdgesBefore(long time, long shift)
    {
        var (count, rest) = Math.DivRem(time - 1 - _steps.StartNs - shift, _steps.StepNs);
        return Math.Clamp(rest < 0 ? count : count + 1, 0, ((_steps.EndNs - _steps.StartNs) / _steps.StepNs) + 1);
    }

    private static Labels Group(LogAggregate node, Labels labels) => node.Grouping?.Of(labels) ?? Labels.Empty;

    private List<Sample> Points(LogRange range, List<long> times, List<double> values)
    {
        // Counts are whole, so that sums up to each line give the same as adding within each window.
        var sums = range.Unwrap is null ? new double[values.Count + 1] : null;
        for (var i = 0; sums is not null && i < values.Count; i++)
            sums[i + 1] = sums[i] + values[i];

        var points = new List<Sample>();
        var (first, end) = (0, 0);
        foreach (var time in Times())
        {
            if ((points.Count & 0xff) == 0)
                cancellation.ThrowIfCancellationRequested();
            var to = time - range.OffsetNs;
            while (end < times.Count && times[end] <= to)
                end++;
            while (first < end && times[first] <= to - range.RangeNs)
                first++;
            if (end <= first)
                continue;
            points.Add(new(time / 1_000_000, sums is not null
                ? (sums[end] - sums[first]) / (range.Function is "rate" or "bytes_rate" ? range.RangeNs / 1e9 : 1)
                : LogWindows.Evaluate(range, CollectionsMarshal.AsSpan(times)[first..end], CollectionsMarshal.AsSpan(values)[first..end], to)));
        }

        return points;
    }

    // One where no line is: a series of the labels that the selector sets.
    private List<PromSeries> Absent(LogRange range)
    {
        var present = Range(range with { Grouping = new([], Without: false) }, null, QueryLimits.Series)
            .SelectMany(static series => series.Points).Select(static point => point.TimestampMs).ToHashSet();
        var points = Times().Select(static time => time / 1_000_000).Where(time => !present.Contains(time)).Select(static time => new Sample(time, 1)).ToList();
        if (points.Count == 0)
            return [];
        var labels = range.Selection.Matchers.GroupBy(static matcher => matcher.Name)
            .Where(static one => one.Count() == 1 && one.First().Operator == MatchOperator.Equal)
            .Select(static one => new KeyValuePair<string, string>(one.Key, one.First().Value));
        return [new(Labels.From(labels), points)];
    }

    private static SortedDictionary<long, List<PromPoint>> ByTime(List<PromSeries> series)
    {
        var times = new SortedDictionary<long, List<PromPoint>>();
        foreach (var one in series)
        {
            foreach (var point in one.Points)
            {
                if (!times.TryGetValue(point.TimestampMs, out var points))
                    times.Add(point.TimestampMs, points = []);
                points.Add(new(one.Labels, point.Value));
            }
        }

        return times;
    }

    private List<PromSeries> Each(SortedDictionary<long, List<PromPoint>> times, Func<long, List<PromPoint>, IEnumerable<PromPoint>> make)
    {
        var answer = new Dictionary<Labels, PromSeries>();
        foreach (var (time, points) in times)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var point in make(time, points))
            {
                if (!answer.TryGetValue(point.Labels, out var series))
                    answer.Add(point.Labels, series = new(point.Labels, []));
                series.Points.Add(new(time, point.Value));
            }
        }

        return [.. answer.Values];
    }

    private List<PromSeries> Aggregate(LogAggregate node)
    {
        // A sum of counts is the count of the group: the inner series, one per distinct trace id, need not exist.
        if (node is { Operator: "sum", Body: LogRange direct }
            && direct.Function is "count_over_time" or "rate" or "bytes_over_time" or "bytes_rate" or "sum_over_time")
        {
            return Range(direct, node, QueryLimits.LogSeries);
        }

        var inner = ByTime(Of(node.Body));
        return node.Operator switch
        {
            "sort" => Each(inner, static (_, points) => points.OrderBy(static point => double.IsNaN(point.Value)).ThenBy(static point => point.Value)),
            "sort_desc" => Each(
                inner, static (_, points) => points.OrderBy(static point => double.IsNaN(point.Value)).ThenByDescending(static point => point.Value)),
            "topk" => Each(inner, (_, points) => points.GroupBy(point => Group(node, point.Labels)).SelectMany(
                group => group.OrderBy(static point => double.IsNaN(point.Value)).ThenByDescending(static point => point.Value).Take(node.Count))),
            "bottomk" => Each(inner, (_, points) => points.GroupBy(point => Group(node, point.Labels)).SelectMany(
                group => group.OrderBy(static point => double.IsNaN(point.Value)).ThenBy(static point => point.Value).Take(node.Count))),
            _ => Each(inner, (_, points) => points.GroupBy(point => Group(node, point.Labels)).Select(
                group => new PromPoint(group.Key, LogWindows.Aggregate(node.Operator, group.Select(static point => point.Value).ToArray())))),
        };
    }

    private List<PromSeries> Binary(LogBinary node)
    {
        if (node.Left is LogLiteral left)
            return Each(ByTime(Of(node.Right)), (_, points) => LogOperators.WithNumber(node, points, left.Value, numberLeft: true));
        if (node.Right is LogLiteral right)
            return Each(ByTime(Of(node.Left)), (_, points) => LogOperators.WithNumber(node, points, right.Value, numberLeft: false));
        var (lefts, rights) = (ByTime(Of(node.Left)), ByTime(Of(node.Right)));
        foreach (var time in rights.Keys)
            lefts.TryAdd(time, []);
        return Each(lefts, (time, points) => LogOperators.Vectors(node, points, rights.GetValueOrDefault(time) ?? []));
    }

    private List<PromSeries> Replace(LogReplace node) => Each(ByTime(Of(node.Body)), (_, points) => points.Select(point =>
    {
        var match = node.Pattern.Match(point.Labels[node.Source]);
        return match.Success ? new(point.Labels.With(node.Target, GoExpansion.Of(match, node.Replacement)), point.Value) : point;
    }));
}
