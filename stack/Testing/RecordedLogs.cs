using MicroMonitored.Testing.Assertions;

namespace MicroMonitored.Testing;

/// <summary>The log lines with the trace's id.</summary>
public sealed class RecordedLogs
{
    private readonly RecordedTelemetry _left;

    internal RecordedLogs(RecordedTelemetry left) => _left = left;

    /// <summary>The lines by time.</summary>
    public IReadOnlyList<RecordedLine> Lines => _left.Snapshot.Lines;

    /// <summary>What they must hold.</summary>
    public LogAssertions Should() => new(_left);

    /// <summary>One line each.</summary>
    public override string ToString() => string.Join('\n', Lines);
}
