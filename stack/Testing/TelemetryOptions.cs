using MicroMonitored.Model.Components;
using MicroMonitored.Verification;

namespace MicroMonitored.Testing;

/// <summary>Where telemetry goes in a test, and how long it may take.</summary>
public sealed record TelemetryOptions
{
    /// <summary>A stack that is up; null for an engine of the fixture's own, within this process.</summary>
    public StackEndpoints? Stack { get; init; }

    /// <summary>What requests to <see cref="Stack"/> carry, by base address.</summary>
    public IReadOnlyList<Endpoint> Access { get; init; } = [];

    /// <summary>How long what an action leaves may take to arrive before it counts as missing.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long after an action is watched before something counts as absent.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Whether the services send metrics. If so, recordings follow one another within the process: a counter is of a service, not of a request,
    /// and only who counts alone can say how much a request counted. If not, nothing waits for metrics and recordings run side by side.
    /// </summary>
    public bool Metrics { get; init; } = true;

    /// <summary>Time between two exports of metrics: <c>OTEL_METRIC_EXPORT_INTERVAL</c>; of a scraped stack, between two scrapes.</summary>
    public TimeSpan MetricInterval { get; init; } = TimeSpan.FromMilliseconds(100);
}
