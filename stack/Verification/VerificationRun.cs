using System.Collections.Concurrent;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification;

/// <summary>One run: its identity, the clients, and the facts that several checks share. Each fact is established once, when first asked for.</summary>
internal sealed class VerificationRun : IAsyncDisposable
{
    /// <summary>How long something is watched after it is as expected, to see that nothing more arrives.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(500);

    private readonly CancellationToken _cancellation;
    private readonly ConcurrentDictionary<(string Fact, string Of), Lazy<Task>> _facts = new();

    public VerificationRun(VerificationPlan plan, RunIdentity identity, TimeProvider time, Poller poll, CancellationToken cancellation)
    {
        Plan = plan;
        Identity = identity;
        Time = time;
        Poll = poll;
        _cancellation = cancellation;
        StartedAt = time.GetUtcNow();
        Services = [.. plan.Services.OrderBy(service => service.Name, StringComparer.Ordinal)];
        Http = new SignalHttp(plan.Access, plan.AcceptsAnyCertificate, poll);
        Prometheus = new PrometheusClient(Http, plan.Endpoints.Prometheus);
        Loki = new LokiClient(Http, plan.Endpoints.Loki);
        Tempo = new TempoClient(Http, plan.Endpoints.Tempo);
        Sender = new TraceSender(Http, plan.Endpoints);
        LogProbe = plan.LogProbe ?? (plan.IsExternal ? new PushedLines(Loki) : null);
    }

    public VerificationPlan Plan { get; }

    public RunIdentity Identity { get; }

    public TimeProvider Time { get; }

    public Poller Poll { get; }

    public DateTimeOffset StartedAt { get; }

    public SignalHttp Http { get; }

    public PrometheusClient Prometheus { get; }

    public LokiClient Loki { get; }

    public TempoClient Tempo { get; }

    public TraceSender Sender { get; }

    /// <summary>Where the synthetic lines go; null where nothing takes them.</summary>
    public ILogProbe? LogProbe { get; }

    /// <summary>The OTLP receiver of the spans that several checks share.</summary>
    public TraceProtocol Otlp => Plan.Endpoints.OtlpGrpc is null ? TraceProtocol.OtlpHttpProtobuf : TraceProtocol.OtlpGrpc;

    /// <summary>The source of the spans sent there.</summary>
    public uint Synthetic => RunIdentity.Synthetic + (uint)Otlp;

    /// <summary>The check that proves <see cref="Otlp"/>.</summary>
    public string OtlpCheck => Plan.Endpoints.OtlpGrpc is null ? "traces.otlp-http" : "traces.otlp-grpc";

    /// <summary>In ordinal order of name; the position is the source in trace ids.</summary>
    public IReadOnlyList<ServiceUnderTest> Services { get; }

    /// <summary>Whether the stack can do this.</summary>
    public bool Can(Capabilities wanted) => (Plan.Capabilities & wanted) == wanted;

    /// <summary>The alert that is provoked; ended with the run, also when the check that began it was cut short.</summary>
    public AlertProbe? Alert { get; set; }

    /// <summary>Emit-to-queryable delays in milliseconds, by signal.</summary>
    public ConcurrentDictionary<string, ConcurrentBag<double>> Delays { get; } = new(StringComparer.Ordinal);

    /// <summary>How long a log line or a span may take before it counts as lost.</summary>
    public TimeSpan ArrivalLimit => Plan.SearchDelay + TimeSpan.FromSeconds(20);

    /// <summary>How long a metric may take before it counts as lost.</summary>
    public TimeSpan MetricLimit => (Plan.ScrapeInterval * 3) + Plan.SearchDelay + TimeSpan.FromSeconds(10);

    /// <summary>How long the counters before the traffic are waited for; what follows needs its time, too.</summary>
    public TimeSpan BaselineLimit =>
        (Plan.ScrapeInterval * 3) + TimeSpan.FromSeconds(2) is var scrapes && scrapes < Plan.Timeout / 2 ? scrapes : Plan.Timeout / 2;

    public DateTimeOffset From => StartedAt - TimeSpan.FromSeconds(30);

    public DateTimeOffset To => Time.GetUtcNow() + TimeSpan.FromSeconds(30);

    /// <summary>The fact of that name about that subject, established by the first caller.</summary>
    public Task<T> FactAsync<T>(string fact, string of, Func<CancellationToken, Task<T>> establish) =>
        (Task<T>)_facts.GetOrAdd((fact, of), _ => new Lazy<Task>(() => establish(_cancellation))).Value;

    public ServiceUnderTest Service(string name) => Services.First(service => service.Name == name);

    public uint Source(string name)
    {
        for (var at = 0; at < Services.Count; at++)
        {
            if (Services[at].Name == name)
                return (uint)at;
        }
        throw new ArgumentOutOfRangeException(nameof(name), name, "not a service of the plan");
    }

    public IEnumerable<ServiceUnderTest> CallersOf(string name) =>
        Services.Where(service => service.ProbePath is not null && service.Calls.Contains(name, StringComparer.Ordinal));

    public void Delayed(string signal, TimeSpan delay) => Delays.GetOrAdd(signal, _ => []).Add(delay.TotalMilliseconds);

    public async ValueTask DisposeAsync()
    {
        if (Alert is not null)
            await Alert.DisposeAsync().ConfigureAwait(false);
        Http.Dispose();
    }
}
