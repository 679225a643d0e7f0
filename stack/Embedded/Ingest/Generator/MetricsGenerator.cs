using System.Buffers.Binary;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Exposition;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Trace.V1;
using Kind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind;

namespace MicroMonitored.Embedded.Ingest.Generator;

/// <summary>
/// Span metrics and the service graph out of the spans that arrive, with the names, labels and exemplars of Tempo's metrics generator
/// (its processors <c>span-metrics</c> and <c>service-graphs</c>, https://grafana.com/docs/tempo/latest/metrics-from-traces/).
/// </summary>
internal sealed class MetricsGenerator(IMetricWriter metrics, EngineCounters counters, TimeProvider time) : BackgroundService
{
    /// <summary>Between two writes, as the shipped Tempo has it.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private const int MostSeries = 5000;
    private const int MostEdges = 10_000;
    private const long EdgeMs = 10_000;
    private const long StaleMs = 5 * 60_000;

    /// <summary>Seconds, as the shipped Tempo has them for spans and edges.</summary>
    private static readonly double[] Bounds = [.. Enumerable.Range(0, 14).Select(static i => 0.002 * (1 << i))];

    private static readonly string[] SpanCounters = ["traces_spanmetrics_calls_total", "traces_spanmetrics_size_total"];
    private static readonly (string, double[])[] SpanHistograms = [("traces_spanmetrics_latency", Bounds)];
    private static readonly string[] EdgeCounters = ["traces_service_graph_request_total", "traces_service_graph_request_failed_total"];
    private static readonly (string, double[])[] EdgeHistograms =
        [("traces_service_graph_request_client_seconds", Bounds), ("traces_service_graph_request_server_seconds", Bounds)];

    // Names that a client span gives what it calls, where that sends no spans of its own; in the order of Tempo's peer_attributes.
    internal static readonly string[] PeerNames = ["peer.service", "db.name", "db.namespace", "db.system", "db.system.name"];

    private static readonly Dictionary<string, MetricMetadata> Metadata = new(StringComparer.Ordinal)
    {
        ["traces_spanmetrics_calls_total"] = new("counter", "", "Spans by service, name, kind and status."),
        ["traces_spanmetrics_size_total"] = new("counter", "bytes", "Bytes of spans by service, name, kind and status."),
        ["traces_spanmetrics_latency"] = new("histogram", "seconds", "Duration of spans by service, name, kind and status."),
        ["traces_service_graph_request_total"] = new("counter", "", "Calls of one service to another."),
        ["traces_service_graph_request_failed_total"] = new("counter", "", "Failed calls of one service to another."),
        ["traces_service_graph_request_client_seconds"] = new("histogram", "seconds", "Duration of calls as the caller sees them."),
        ["traces_service_graph_request_server_seconds"] = new("histogram", "seconds", "Duration of calls as the called service sees them."),
    };

    // Tells the series of this process from those before a restart, as Tempo's own label does: counters never seem to go back.
    private readonly KeyValuePair<string, string> _instance = new("__metrics_gen_instance", Guid.NewGuid().ToString("N")[..12]);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Service, string Name, Kind Kind, Status.Types.StatusCode Status), GeneratedSeries> _spans = [];
    private readonly Dictionary<(string Client, string Server, string Connection), GeneratedSeries> _edges = [];
    private readonly Dictionary<(UInt128 Trace, ulong Span), Half> _halves = [];
    private readonly Queue<((UInt128 Trace, ulong Span) Key, long SinceMs)> _waiting = [];
    private long _received;

    /// <summary>Spans seen since the start.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Sets of labels that grow.</summary>
    public int Series
    {
        get
        {
            lock (_lock)
                return _spans.Count + _edges.Count;
        }
    }

    /// <summary>Counts what a request that has been stored brought.</summary>
    public void Take(ExportTraceServiceRequest request)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (_lock)
        {
            foreach (var resource in request.ResourceSpans)
            {
                var service = Otlp.OtlpSpans.ServiceName(resource.Resource ?? new());
                foreach (var span in resource.ScopeSpans.SelectMany(static scope => scope.Spans))
                {
                    if (span.TraceId.Length == 16 && span.SpanId.Length == 8)
                        Take(service, span, now);
                }
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var timer = new PeriodicTimer(Interval, time);
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await WriteAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        var samples = new List<NewSample>();
        lock (_lock)
        {
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            Expire(now);
            foreach (var series in _spans.Values.Concat(_edges.Values).Where(series => now - series.GrewMs < StaleMs))
                series.Write(now, samples);
        }

        try
        {
            if (samples.Count > 0)
                await metrics.AppendAsync(new(samples, Metadata), cancellation);
        }
        catch (StoreUnavailableException)
        {
            counters.Add("generated_samples_failed", "store", samples.Count);
        }
    }

    private void Take(string service, Span span, long now)
    {
        Interlocked.Increment(ref _received);
        var status = span.Status?.Code ?? Status.Types.StatusCode.Unset;
        var seconds = span.EndTimeUnixNano > span.StartTimeUnixNano ? (span.EndTimeUnixNano - span.StartTimeUnixNano) / 1e9 : 0;
        var trace = Convert.ToHexStringLower(span.TraceId.Span);
        if (Find(_spans, (Service: service, span.Name, span.Kind, Status: status), key => new(
            [
                _instance, new("service", key.Service), new("span_name", key.Name), new("span_kind", $"SPAN_KIND_{key.Kind.ToString().ToUpperInvariant()}"),
                new("status_code", $"STATUS_CODE_{key.Status.ToString().ToUpperInvariant()}"),
            ], SpanCounters, SpanHistograms)) is { } series)
        {
            series.Count(0, 1, now);
            series.Count(1, span.CalculateSize(), now);
            series.Observe(0, seconds, trace, now);
        }

        var own = new Half(service, seconds, status == Status.Types.StatusCode.Error, trace, "");
        var id = BinaryPrimitives.ReadUInt128BigEndian(span.TraceId.Span);
        switch (span.Kind)
        {
            case Kind.Client or Kind.Producer:
                own = own with { IsClient = true, Peer = Peer(span), Connection = span.Kind == Kind.Producer ? "messaging_system" : "" };
                Pair((id, BinaryPrimitives.ReadUInt64BigEndian(span.SpanId.Span)), own, now);
                break;
            case Kind.Server or Kind.Consumer when span.ParentSpanId.Length == 8:
                own = own with { Connection = span.Kind == Kind.Consumer ? "messaging_system" : "" };
                Pair((id, BinaryPrimitives.ReadUInt64BigEndian(span.ParentSpanId.Span)), own, now);
                break;
            case Kind.Server:
                Edge(own with { Service = "user", IsClient = true, Connection = "virtual_node" }, own, now);
                break;
        }
    }

    private void Pair((UInt128, ulong) key, Half half, long now)
    {
        if (_halves.TryGetValue(key, out var other) && other.IsClient != half.IsClient)
        {
            _halves.Remove(key);
            Edge(half.IsClient ? half : other, half.IsClient ? other : half, now);
        }
        else if (_halves.Count >= MostEdges)
        {
            counters.Add("generated_edges_unpaired", "too_many");
        }
        else if (_halves.TryAdd(key, half))
        {
            _waiting.Enqueue((key, now));
        }
    }

    // The other half did not come: a database or another service that sends no spans, where the client names it.
    private void Expire(long now)
    {
        while (_waiting.TryPeek(out var oldest) && now - oldest.SinceMs >= EdgeMs)
        {
            _waiting.Dequeue();
            if (_halves.Remove(oldest.Key, out var half) && half is { IsClient: true, Peer: { } peer })
                Edge(half with { Connection = peer.IsDatabase ? "database" : "virtual_node" }, half with { Service = peer.Name, IsClient = false }, now);
        }
    }

    private void Edge(Half client, Half server, long now)
    {
        if (Find(_edges, (Client: client.Service, Server: server.Service, client.Connection), key => new(
            [_instance, new("client", key.Client), new("server", key.Server), .. Connection(key.Connection)], EdgeCounters, EdgeHistograms)) is not { } series)
            return;
        series.Count(0, 1, now);
        if (client.Failed || server.Failed)
            series.Count(1, 1, now);
        series.Observe(0, client.Seconds, client.TraceId, now);
        series.Observe(1, server.Seconds, server.TraceId, now);

        static KeyValuePair<string, string>[] Connection(string type) => type.Length > 0 ? [new("connection_type", type)] : [];
    }

    private GeneratedSeries? Find<T>(Dictionary<T, GeneratedSeries> all, T key, Func<T, GeneratedSeries> create)
        where T : notnull
    {
        if (all.TryGetValue(key, out var series))
            return series;
        if (_spans.Count + _edges.Count >= MostSeries)
        {
            counters.Add("generated_series_refused", "limit");
            return null;
        }

        return all[key] = create(key);
    }

    private static Callee? Peer(Span span)
    {
        foreach (var name in PeerNames)
        {
            foreach (var attribute in span.Attributes)
            {
                if (attribute.Key == name && attribute.Value is { ValueCase: AnyValue.ValueOneofCase.StringValue, StringValue.Length: > 0 } value)
                    return new(value.StringValue, name.StartsWith("db.", StringComparison.Ordinal));
            }
        }

        return null;
    }

    private sealed record Callee(string Name, bool IsDatabase);

    private sealed record Half(string Service, double Seconds, bool Failed, string TraceId, string Connection)
    {
        public bool IsClient { get; init; }

        public Callee? Peer { get; init; }
    }
}
