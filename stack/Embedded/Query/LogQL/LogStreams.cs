using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>The streams of a selection, and what of its pipeline is decided before a line is read.</summary>
internal sealed class LogStreams
{
    private readonly IReadOnlyList<LogStage> _leading;
    private readonly List<(LabelSet Set, IReadOnlyCollection<string>? Names)> _streams = [];

    public LogStreams(ILogReader reader, LogSelection selection, CancellationToken cancellation)
    {
        _leading = [.. selection.Stages.TakeWhile(static stage => stage is LogLineFilter or LogLabelFilter)];
        var found = reader.Streams(selection.Matchers, cancellation);
        Found = found.Count;
        foreach (var stream in found)
        {
            Labels.Add(stream.Id, Query.Labels.From(stream.Labels));
            var names = stream.MetadataNames;
            var line = Line(stream.Id);
            if (Filters.All(filter => !IsDecided(filter, stream, names) || filter.Keep(line)))
                _streams.Add((stream, names));
        }

        var filters = _leading.OfType<LogLineFilter>().Where(IsText);
        var traces = Filters.Select(static filter => filter.Condition).OfType<LogTextCondition>().FirstOrDefault(static condition =>
            condition is { Name: LogBlock.TraceId, Operator: MatchOperator.Equal, Value.Length: > 0 });
        var isOwn = _streams.Exists(static stream => Has(stream.Set, LogBlock.TraceId));
        Needs = new([.. filters.Select(static filter => filter.Texts[0])], isOwn ? null : traces?.Value);
        IsCountable = _leading.Count == selection.Stages.Count
            && _leading.OfType<LogLineFilter>().All(filter => IsText(filter) && !filter.Texts[0].Any(char.IsSurrogate));
    }

    /// <summary>How many the matchers hold for.</summary>
    public int Found { get; }

    public Dictionary<long, Labels> Labels { get; } = [];

    /// <summary>Those of which a line may pass.</summary>
    public IReadOnlyCollection<long> Ids => [.. _streams.Select(static stream => stream.Set.Id)];

    /// <summary>What every line has that passes.</summary>
    public LogNeeds Needs { get; }

    private IEnumerable<LogLabelFilter> Filters => _leading.OfType<LogLabelFilter>();

    private bool IsCountable { get; }

    /// <summary>Those whose lines can be counted without being read: texts alone choose them, and the labels named are the same in each.</summary>
    public List<long> Countable(IReadOnlyCollection<string> labels) => !IsCountable ? [] :
    [
        .. _streams.Where(stream => labels.All(label => IsFixed(stream.Set, stream.Names, label))
            && Filters.All(filter => IsDecided(filter, stream.Set, stream.Names))).Select(static stream => stream.Set.Id),
    ];

    /// <summary>Whether the streams still are what was decided by: lines with metadata of new names may have come meanwhile.</summary>
    public bool AreSame => _streams.TrueForAll(static stream => ReferenceEquals(stream.Set.MetadataNames, stream.Names));

    /// <summary>A line of which nothing is known but its stream.</summary>
    public LogLine Line(long stream) => new("", Labels[stream], []);

    private static bool IsText(LogLineFilter filter) => filter is { Wanted: true, Texts: [_], Tests: [] };

    private static bool Has(LabelSet stream, string name) => StoredLabels.Value(stream.Labels, name) is not null;

    private static bool IsDecided(LogLabelFilter filter, LabelSet stream, IReadOnlyCollection<string>? names) =>
        filter.Condition.IsDecidedBy(name => IsFixed(stream, names, name));

    /// <summary>Whether a label has one value in all lines of the stream, or none in any.</summary>
    private static bool IsFixed(LabelSet stream, IReadOnlyCollection<string>? names, string label)
    {
        if (Has(stream, label))
            return true;
        if (names is null || names.Any(name => name == label || name + "_extracted" == label))
            return false;
        return label != DetectedLevel.Label || Has(stream, "level") || !names.Any(DetectedLevel.IsLevel);
    }
}
