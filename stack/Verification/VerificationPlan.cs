using MicroMonitored.Model.Expectations;

namespace MicroMonitored.Verification;

/// <summary>Everything Verify needs to know; nothing in it says how the stack is run.</summary>
public sealed record VerificationPlan
{
    /// <summary>What the engine is called; written to the report.</summary>
    public required string Engine { get; init; }

    /// <summary>What this stack can do: tells which checks apply.</summary>
    public Capabilities Capabilities { get; init; } = StackEngine.Docker.Capabilities;

    /// <summary>Where each API answers, as seen from this process.</summary>
    public required StackEndpoints Endpoints { get; init; }

    /// <summary>The services under test; empty leaves the synthetic probes alone.</summary>
    public IReadOnlyList<ServiceUnderTest> Services { get; init; } = [];

    /// <summary>Writes the synthetic log file; null skips the checks that need one.</summary>
    public ILogProbe? LogProbe { get; init; }

    /// <summary>Bounds the whole run.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The scrape interval in force: the unit of the metric checks' deadlines.</summary>
    public TimeSpan ScrapeInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How late logs and traces may be, at the 95th percentile, before <c>freshness.*</c> fails; metrics may take two scrapes more.</summary>
    public TimeSpan FreshnessLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Requests sent to each service.</summary>
    public int RequestsPerService { get; init; } = 20;

    /// <summary>Check ids to run, <c>*</c> matches any run of characters; empty means all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Check ids to leave out (reported as skipped).</summary>
    public IReadOnlyList<string> Skip { get; init; } = [];

    /// <summary>The configured Grafana administrator.</summary>
    public GrafanaCredentials? Grafana { get; init; }

    /// <summary>The uids of the dashboards that were shipped.</summary>
    public IReadOnlyList<string> DashboardUids { get; init; } = [];

    /// <summary>Whether rules and Alertmanager are part of this stack.</summary>
    public bool Alerting { get; init; }

    /// <summary>How the stack reaches Verify itself; null where it cannot, so that no alert is provoked.</summary>
    public Exposure? Exposure { get; init; }

    /// <summary>What the requests to a stack that somebody else runs carry, by base address; empty for a stack of this machine.</summary>
    public IReadOnlyList<Endpoint> Access { get; init; } = [];

    /// <summary>Whether somebody else runs the stack: it is asked by its query APIs alone, and what its components count is theirs.</summary>
    public bool IsExternal { get; init; }

    /// <summary>Takes any certificate, a self-signed one too.</summary>
    public bool AcceptsAnyCertificate { get; init; }

    /// <summary>How long the stores keep what is new from their queries, on top of <see cref="FreshnessLimit"/>.</summary>
    public TimeSpan SearchDelay { get; init; }

    /// <summary>The ports this stack publishes on the host, by name; each must listen on loopback only.</summary>
    public IReadOnlyDictionary<string, int> PublishedPorts { get; init; } = new Dictionary<string, int>();

    /// <summary>Of a stack that somebody else runs.</summary>
    /// <param name="stack">Where its parts are.</param>
    /// <param name="timeout">Bounds the whole run.</param>
    public static VerificationPlan Of(StackFile stack, TimeSpan timeout)
    {
        Uri? At(string key) => stack[key]?.Address;
        return new VerificationPlan
        {
            Engine = stack.Name,
            Capabilities = At("alertmanager") is null ? Capabilities.None : Capabilities.Rules,
            Endpoints = new StackEndpoints
            {
                Prometheus = At("prometheus")!,
                Loki = At("loki")!,
                Tempo = At("tempo")!,
                OtlpGrpc = At("otlpGrpc"),
                OtlpHttp = At("otlpHttp")!,
                Zipkin = At("zipkin"),
                JaegerThrift = At("jaegerThrift"),
                Grafana = At("grafana"),
                Alertmanager = At("alertmanager"),
            },
            IsExternal = true,
            Access = [.. stack.Endpoints],
            AcceptsAnyCertificate = stack.AcceptsAnyCertificate,
            SearchDelay = stack.SearchDelay,
            Timeout = timeout,
            ScrapeInterval = stack.ScrapeInterval,
            FreshnessLimit = stack.SearchDelay + TimeSpan.FromSeconds(5),
            Alerting = At("alertmanager") is not null,
        };
    }
}

/// <summary>Base addresses of the stack's APIs; null where the stack has no such part.</summary>
public sealed record StackEndpoints
{
    /// <summary>Prometheus' HTTP API.</summary>
    public required Uri Prometheus { get; init; }

    /// <summary>Loki's HTTP API.</summary>
    public required Uri Loki { get; init; }

    /// <summary>Tempo's HTTP API.</summary>
    public required Uri Tempo { get; init; }

    /// <summary>The OTLP/gRPC receiver.</summary>
    public Uri? OtlpGrpc { get; init; }

    /// <summary>The OTLP/HTTP receiver, without <c>/v1/…</c>.</summary>
    public required Uri OtlpHttp { get; init; }

    /// <summary>Grafana's HTTP API.</summary>
    public Uri? Grafana { get; init; }

    /// <summary>The receiver of Zipkin spans.</summary>
    public Uri? Zipkin { get; init; }

    /// <summary>The receiver of Jaeger Thrift over HTTP.</summary>
    public Uri? JaegerThrift { get; init; }

    /// <summary>Alertmanager's HTTP API.</summary>
    public Uri? Alertmanager { get; init; }

    /// <summary>The components that answer somewhere.</summary>
    internal IEnumerable<(Component Component, Uri Address)> Components
        => new[]
        {
            (Component.Prometheus, Prometheus), (Component.Loki, Loki), (Component.Tempo, Tempo), (Component.Grafana, Grafana),
            (Component.Alertmanager, Alertmanager),
        }.Where(pair => pair.Item2 is not null).Select(pair => (pair.Item1, pair.Item2!));
}

/// <summary>One service under test.</summary>
/// <param name="Name">Its name in every signal: metrics <c>job</c>, logs and traces <c>service_name</c> / <c>service.name</c>.</param>
/// <param name="BaseAddress">Its address as seen from this process.</param>
/// <param name="ProbePath">A side-effect free GET route that answers 200, for example <c>/orders</c>; null where it has none.</param>
/// <param name="Calls">The services that route calls, one request each.</param>
public sealed record ServiceUnderTest(string Name, Uri BaseAddress, string? ProbePath, IReadOnlyList<string> Calls)
{
    /// <summary>A GET route whose handler throws, for example <c>/fault</c>; null where it has none.</summary>
    public string? FaultPath { get; init; }

    /// <summary>What else the service says of itself; null where it says nothing.</summary>
    public ServiceExpectations? Expectations { get; init; }
}

/// <summary>The configured Grafana administrator.</summary>
public sealed record GrafanaCredentials(string User, string Password)
{
    /// <inheritdoc/>
    public override string ToString() => $"{User}:***";
}

/// <summary>Appends lines to a file of the folder that the log agent reads.</summary>
public interface ILogProbe
{
    /// <summary>Appends <paramref name="lines"/> (without line ends) to <paramref name="fileName"/>, creating it when missing.</summary>
    Task AppendAsync(string fileName, IReadOnlyList<string> lines, CancellationToken cancellation);

    /// <summary>Removes the file; missing is fine.</summary>
    Task RemoveAsync(string fileName, CancellationToken cancellation);

    /// <summary>The lines that hold a text, of the files written to since; one a file is enough, and none where the files are out of reach.</summary>
    Task<IReadOnlyList<(string File, string Line)>> FindAsync(string text, DateTimeOffset since, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<(string File, string Line)>>([]);
}
