using MicroMonitored.Testing.Assertions;
using MicroMonitored.Testing.Recording;

namespace MicroMonitored.Testing;

/// <summary>The trace of an action.</summary>
public sealed class RecordedTrace
{
    private readonly RecordedTelemetry _left;

    internal RecordedTrace(RecordedTelemetry left) => _left = left;

    /// <summary>32 lower-case hex digits.</summary>
    public string Id => _left.Recording.TraceId;

    /// <summary>The spans by start, without the test's own.</summary>
    public IReadOnlyList<RecordedSpan> Spans => _left.Snapshot.Spans;

    /// <summary>What it must hold.</summary>
    public TraceAssertions Should() => new(_left);

    /// <summary>The spans as a tree.</summary>
    public override string ToString() => string.Join('\n', Tree.Of(_left.Recording, Spans));
}
