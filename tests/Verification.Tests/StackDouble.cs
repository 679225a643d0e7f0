using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MicroMonitored.Protocols.Jaeger;
using MicroMonitored.Protocols.Otlp;
using MicroMonitored.Protocols.Zipkin;
using MicroMonitored.Model.Components;
using MicroMonitored.Verification.Probes;
using OpenTelemetry.Proto.Collector.Trace.V1;

namespace MicroMonitored.Verification.Tests;

/// <summary>Two services and the stores around them in one process, with the answers Verify asks for and one thing broken.</summary>
internal sealed partial class StackDouble : ILogProbe, IAsyncDisposable
{
    public const string Orders = "shop-orders";
    public const string Inventory = "shop-inventory";
    public static readonly TimeSpan ScrapeInterval = TimeSpan.FromMilliseconds(300);

    private static readonly string[] Parts = ["prometheus", "loki", "tempo", "otlp-http", "zipkin", "jaeger", "grafana", "alertmanager", "log-agent", Orders,
        Inventory, "otlp-grpc"];

    private readonly Lock _gate = new();
    private readonly Fault _fault;
    private readonly WebApplication _app;
    private readonly Dictionary<string, Uri> _addresses = [];
    private readonly Dictionary<int, string> _byPort = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly TcpListener? _open;
    private readonly Socket _closed = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private Task _scraping = Task.CompletedTask;

    private readonly Dictionary<string, Dictionary<string, double>> _counters = new() { [Orders] = [], [Inventory] = [] };
    private readonly Dictionary<string, Dictionary<string, double>> _scraped = new() { [Orders] = [], [Inventory] = [] };
    private readonly Dictionary<string, DateTimeOffset> _lastScrape = [];
    private readonly List<(string Job, string TraceId, string SpanId)> _exemplars = [];
    private readonly List<(string Job, string TraceId, string SpanId)> _scrapedExemplars = [];
    private readonly Dictionary<string, double> _pushed = [];
    private readonly List<Line> _lines = [];
    private readonly Dictionary<string, List<TraceSpan>> _traces = [];
    private readonly ConcurrentDictionary<string, string> _once = new();
    private bool _embedded;
    private string _exposed = "";
    private double _edges;
    private int _dropped;

    private sealed record Line(string Job, long TimestampNs, string Text, SortedDictionary<string, string> Labels, Dictionary<string, string> Metadata);

    private StackDouble(Fault fault)
    {
        _fault = fault;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            // A loaded machine may be slow to read; that is no fault of the sender.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            foreach (var part in Parts)
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = part == "otlp-grpc" ? HttpProtocols.Http2 : HttpProtocols.Http1);
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
        // Bound and never listening: nobody else gets the port, and who connects is refused.
        _closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (fault == Fault.PortOpen)
        {
            _open = new TcpListener(IPAddress.Any, 0);
            _open.Start();
        }
    }

    public static async Task<StackDouble> StartAsync(Fault fault)
    {
        var stack = new StackDouble(fault);
        await stack._app.StartAsync();
        var addresses = stack._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address))
            .ToList();
        for (var at = 0; at < Parts.Length; at++)
        {
            stack._addresses[Parts[at]] = addresses[at];
            stack._byPort[addresses[at].Port] = Parts[at];
        }
        stack._scraping = stack.ScrapeAsync();
        return stack;
    }

    public VerificationPlan Plan(bool services = true, string engine = "docker")
    {
        _embedded = engine == StackEngine.Embedded.Name;
        return new()
        {
            Engine = engine,
            Capabilities = engine == StackEngine.Embedded.Name ? StackEngine.Embedded.Capabilities : StackEngine.Docker.Capabilities,
            Endpoints = new StackEndpoints
            {
                Prometheus = _addresses["prometheus"],
                Loki = _fault == Fault.LogStoreDown ? Closed : _addresses["loki"],
                Tempo = _fault == Fault.TraceStoreDown ? Closed : _addresses["tempo"],
                OtlpGrpc = _fault == Fault.GrpcReceiverDown ? Closed : _addresses["otlp-grpc"],
                OtlpHttp = _addresses["otlp-http"],
                Grafana = _addresses["grafana"],
                Zipkin = _addresses["zipkin"],
                JaegerThrift = _addresses["jaeger"],
                Alertmanager = engine == "docker" ? _addresses["alertmanager"] : null,
                LogAgent = engine == "docker" ? _addresses["log-agent"] : null,
            },
            Services = services
                ? [new(Orders, _addresses[Orders], "/orders", [Inventory]) { FaultPath = "/fault" },
                    new(Inventory, _fault == Fault.ServiceNotStarted ? Closed : _addresses[Inventory], "/stock", []) { FaultPath = "/fault" }]
                : [],
            LogProbe = this,
            Timeout = TimeSpan.FromSeconds(_fault == Fault.None ? 25 : 12),
            ScrapeInterval = ScrapeInterval,
            FreshnessLimit = _fault is Fault.LogsLate or Fault.TracesLate or Fault.MetricsLate ? TimeSpan.FromMilliseconds(700) : TimeSpan.FromSeconds(5),
            RequestsPerService = 8,
            Grafana = engine == "docker" ? new GrafanaCredentials("admin", "secret") : null,
            DashboardUids = ["services"],
            Alerting = engine == "docker",
            PublishedPorts = new Dictionary<string, int> { ["prometheus"] = (_open?.LocalEndpoint as IPEndPoint)?.Port ?? _addresses["prometheus"].Port },
        };
    }

    /// <summary>Traces in which every span has a parent.</summary>
    public IReadOnlyList<string> Rootless
    {
        get
        {
            lock (_gate)
                return [.. _traces.Where(trace => trace.Value.All(span => span.ParentId is not null)).Select(trace => trace.Key)];
        }
    }

    private Uri Closed => new($"http://{_closed.LocalEndPoint}");

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
            return;
        await _stopping.CancelAsync();
        await _scraping;
        await _app.StopAsync(new CancellationToken(true));
        await _app.DisposeAsync();
        _open?.Dispose();
        _closed.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var part = _byPort[context.Connection.LocalPort];
        var path = context.Request.Path.Value!;
        var query = context.Request.Query;
        if (part == "otlp-grpc")
        {
            await GrpcAsync(context);
            return;
        }
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer);
        var body = buffer.ToArray();
        var (status, text) = (part, path) switch
        {
            ("prometheus", "/-/ready") => (_fault == Fault.MetricStoreNotReady ? 503 : 200, "ready"),
            ("loki" or "tempo" or "log-agent", "/ready") or ("alertmanager", "/-/ready") => (200, "ready"),
            ("loki", "/metrics") when !_embedded => (200,
                $"# TYPE loki_discarded_samples_total counter\nloki_discarded_samples_total{{reason=\"rate_limited\"}} {_dropped}\n"),
            ("prometheus", "/api/v1/query") => Query(query["query"]!),
            ("prometheus", "/api/v1/targets") => Targets(),
            ("prometheus", "/api/v1/query_exemplars") => Exemplars(query["query"]!),
            ("prometheus", "/api/v1/rules") => Rules(),
            ("prometheus", "/api/v1/otlp/v1/metrics") or ("otlp-http", "/v1/metrics") => Pushed(body),
            ("loki", "/otlp/v1/logs") or ("otlp-http", "/v1/logs") => Logged(body),
            ("loki", "/loki/api/v1/query_range") => Range(query["query"]!, long.Parse(query["start"]!), int.Parse(query["limit"]!)),
            ("loki", "/loki/api/v1/series") => Series(query["match[]"]!),
            ("loki", "/loki/api/v1/labels") => (200, """{"status":"success","data":["filename","job","level","service_name"]}"""),
            ("loki", "/loki/api/v1/push") => Push(body),
            ("tempo", "/api/search") => Search(query["q"]!),
            ("tempo", _) when path.StartsWith("/api/v2/traces/", StringComparison.Ordinal) => Trace(path[15..]),
            ("otlp-http", "/v1/traces") when context.Request.ContentType == "application/json" => Taken(
                OtlpJson.Parse<ExportTraceServiceRequest>(body), span => _fault == Fault.HttpJsonKindChanged ? span with { Kind = SpanKind.Internal } : span),
            ("otlp-http", "/v1/traces") => Taken(ExportTraceServiceRequest.Parser.ParseFrom(body), span => span),
            ("zipkin", "/api/v2/spans") => Taken(ZipkinReader.Read(body), span => _fault == Fault.ZipkinParentLost ? span with { ParentId = null } : span),
            ("jaeger", "/api/traces") => Taken(
                JaegerReader.Read(body), span => _fault == Fault.JaegerTimeChanged ? span with { EndNs = span.EndNs + 1000 } : span),
            ("grafana", _) => Grafana(context, path, body),
            (Orders or Inventory, _) => Service(part, path, context),
            _ => (404, ""),
        };
        context.Response.StatusCode = status;
        // An answer of 204 has no body; writing one, even an empty one, costs the connection.
        if (text.Length > 0)
            await context.Response.WriteAsync(text);
    }
}
