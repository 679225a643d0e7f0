using MicroMonitored.Testing.Assertions;
using MicroMonitored.Testing.Recording;
using MicroMonitored.Verification.Contracts;
using Microsoft.Extensions.Logging;

namespace MicroMonitored.Testing;

/// <summary>What the services that an action reached emitted for it: metrics, spans and log lines, without their values.</summary>
public sealed class RecordedContract
{
    private readonly RecordedTelemetry _left;

    internal RecordedContract(RecordedTelemetry left) => _left = left;

    /// <summary>What it must be.</summary>
    public ContractAssertions Should() => new(_left, this);

    /// <summary>As a <c>telemetry.lock</c> holds it, once nothing has been added for <see cref="TelemetryOptions.Window"/>.</summary>
    public override string ToString() => Text(null);

    internal string Text(string? schema) => _left.Settled(snapshot => ContractFile.Write(Of(snapshot), schema));

    internal TelemetryContract Of(Snapshot snapshot)
    {
        var services = snapshot.Spans.Select(span => span.Service).ToHashSet(StringComparer.Ordinal);
        var after = snapshot.Series.Where(series => services.Contains(Recorder.Service(series.Labels.GetValueOrDefault("job", "")))).ToList();
        var before = after.Where(series => _left.Recording.Before.ContainsKey(series.Key))
            .Select(series => series with { Value = _left.Recording.Before[series.Key] }).ToList();
        return TelemetryContract.Of(
        [
            .. EmittedMetrics.Of(before, after, snapshot.Metrics, isShared: true).Select(item => item with { Service = Recorder.Service(item.Service) }),
            .. EmittedSpans.Of([.. snapshot.Spans.Select(span => span.Stored)]),
            .. EmittedLines.Of(snapshot.Lines.Select(Line)),
        ]);
    }

    private static EmittedLine Line(RecordedLine line) => new(
        line.Service, line.Template ?? EmittedLines.Template(new Dictionary<string, string>(line.Fields) { ["message"] = line.Message }),
        line.Level == LogLevel.None ? "" : line.Level.ToString().ToLowerInvariant(), line.Fields.Keys);
}
