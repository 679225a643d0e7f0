using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Tests;

/// <summary>Two services and the stores around them in one process, with the answers Verify asks for and one thing broken.</summary>
internal sealed partial class StackDouble : ILogProbe, IAsyncDisposable
{
    public const string Orders = "shop-orders";
    public const string Inventory = "shop-inventory";
    public static readonly TimeSpan ScrapeInterval = TimeSpan.FromMilliseconds(300);

    private static readonly string[] Parts = ["prometheus", "loki", "tempo", "otlp-http", "zipkin", "jaeger", "grafana", "alertmanager", "log-agent", Orders, Inventory, "otlp-grpc"];

    private readonly Lock gate = new();
    private readonly Fault fault;
    private readonly WebApplication app;
    private readonly Dictionary<string, Uri> addresses = [];
    private readonly Dictionary<int, string> byPort = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly TcpListener? open;
    private readonly int closedPort;
    private Task scraping = Task.CompletedTask;

    private readonly Dictionary<string, Dictionary<string, double>> counters = new() { [Orders] = [], [Inventory] = [] };
    private readonly Dictionary<string, Dictionary<string, double>> scraped = new() { [Orders] = [], [Inventory] = [] };
    private readonly Dictionary<string, DateTimeOffset> lastScrape = [];
    private readonly List<(string Job, string TraceId, string SpanId)> exemplars = [];
    private readonly List<(string Job, string TraceId, string SpanId)> scrapedExemplars = [];
    private readonly Dictionary<string, double> pushed = [];
    private readonly List<Line> lines = [];
    private readonly Dictionary<string, List<TraceSpan>> traces = [];
    private readonly ConcurrentDictionary<string, string> once = new();
    private double edges;
    private int dropped;

    private sealed record Line(string Job, long TimestampNs, string Text, SortedDictionary<string, string> Labels, Dictionary<string, string> Metadata);

    private StackDouble(Fault fault)
    {
        this.fault = fault;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            foreach (var part in Parts)
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = part == "otlp-grpc" ? HttpProtocols.Http2 : HttpProtocols.Http1);
        });
        app = builder.Build();
        app.Run(AnswerAsync);
        using (var closed = new TcpListener(IPAddress.Loopback, 0))
        {
            closed.Start();
            closedPort = ((IPEndPoint)closed.LocalEndpoint).Port;
        }
        if (fault == Fault.PortOpen)
        {
            open = new TcpListener(IPAddress.Any, 0);
            open.Start();
        }
    }

    public static async Task<StackDouble> StartAsync(Fault fault)
    {
        var stack = new StackDouble(fault);
        await stack.app.StartAsync();
        var addresses = stack.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address)).ToList();
        for (var at = 0; at < Parts.Length; at++)
        {
            stack.addresses[Parts[at]] = addresses[at];
            stack.byPort[addresses[at].Port] = Parts[at];
        }
        stack.scraping = stack.ScrapeAsync();
        return stack;
    }

    public VerificationPlan Plan(bool services = true, string engine = "docker") => new()
    {
        Engine = engine,
        Endpoints = new StackEndpoints
        {
            Prometheus = addresses["prometheus"],
            Loki = fault == Fault.LogStoreDown ? Closed : addresses["loki"],
            Tempo = fault == Fault.TraceStoreDown ? Closed : addresses["tempo"],
            OtlpGrpc = fault == Fault.GrpcReceiverDown ? Closed : addresses["otlp-grpc"],
            OtlpHttp = addresses["otlp-http"],
            Grafana = addresses["grafana"],
            Zipkin = addresses["zipkin"],
            JaegerThrift = addresses["jaeger"],
            Alertmanager = addresses["alertmanager"],
            LogAgent = addresses["log-agent"],
        },
        Services = services
            ? [new(Orders, addresses[Orders], "/orders", [Inventory]), new(Inventory, fault == Fault.ServiceNotStarted ? Closed : addresses[Inventory], "/stock", [])]
            : [],
        LogProbe = this,
        Timeout = TimeSpan.FromSeconds(fault == Fault.None ? 25 : 9),
        ScrapeInterval = ScrapeInterval,
        FreshnessLimit = fault is Fault.LogsLate or Fault.TracesLate or Fault.MetricsLate ? TimeSpan.FromMilliseconds(700) : TimeSpan.FromSeconds(5),
        RequestsPerService = 8,
        Grafana = new GrafanaCredentials("admin", "secret"),
        DashboardUids = ["services"],
        Alerting = true,
        PublishedPorts = new Dictionary<string, int> { ["prometheus"] = (open?.LocalEndpoint as IPEndPoint)?.Port ?? addresses["prometheus"].Port },
    };

    private Uri Closed => new($"http://127.0.0.1:{closedPort}");

    public async ValueTask DisposeAsync()
    {
        if (stopping.IsCancellationRequested)
            return;
        await stopping.CancelAsync();
        await scraping;
        await app.StopAsync(new CancellationToken(true));
        await app.DisposeAsync();
        open?.Dispose();
    }

    public Task AppendAsync(string fileName, IReadOnlyList<string> written, CancellationToken cancellation)
    {
        if (fault == Fault.LogFolderNotWritable)
            throw new UnauthorizedAccessException($"Access to the path '/logs/{fileName}' is denied.");
        lock (gate)
        {
            foreach (var line in written)
            {
                var number = JsonNode.Parse(line)!["number"]!.GetValue<int>();
                if (fault == Fault.LinesDropped && number == 3)
                    dropped++;
                if (fault == Fault.SyntheticLineLost && number == 7)
                    continue;
                Collect(Path.GetFileNameWithoutExtension(fileName), line, fault == Fault.SyntheticLinesReordered && number is 20 or 21 ? (20 - number) * 200 + 100 : 0);
                if (fault == Fault.SyntheticLineDoubled && number == 7)
                    Collect(Path.GetFileNameWithoutExtension(fileName), line, 0);
            }
        }
        return Task.CompletedTask;
    }

    public Task RemoveAsync(string fileName, CancellationToken cancellation) => Task.CompletedTask;

    private bool First(string what) => once.TryAdd(what, what);

    private async Task ScrapeAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            lock (gate)
            {
                foreach (var (job, routes) in counters)
                {
                    if (Up(job))
                    {
                        var seen = new Dictionary<string, double>(routes);
                        if (fault == Fault.MetricsLate)
                            _ = LaterAsync(2500, () => scraped[job] = seen);
                        else
                            scraped[job] = seen;
                        lastScrape[job] = DateTimeOffset.UtcNow;
                    }
                }
                scrapedExemplars.Clear();
                scrapedExemplars.AddRange(exemplars);
            }
            try
            {
                await Task.Delay(ScrapeInterval, stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private bool Up(string job) => !(fault == Fault.MetricsPageFails && job == Orders) && !(fault == Fault.ServiceNotStarted && job == Inventory);

    /// <summary>One request to a service, with all it leaves behind; the status it answers.</summary>
    private int Request(string service, string route, string? traceparent, string query, bool logged = true)
    {
        var parts = traceparent?.Split('-');
        var traceId = parts?[1] ?? Hex(16);
        var server = Hex(8);
        var status = 200;
        var spans = new List<TraceSpan>();
        var begin = Now();
        if (service == Orders)
        {
            var client = Hex(8);
            if (fault == Fault.ServiceNotStarted)
                status = 502;
            else
                Request(Inventory, "/stock", fault == Fault.TraceparentStripped ? null : $"00-{traceId}-{client}-01", "");
            if (fault != Fault.ClientSpanMissing)
                spans.Add(new TraceSpan(traceId, client, server, "GET", SpanKind.Client, begin + 1000, begin + 2000, service, Texts()));
        }
        if (fault == Fault.ProbeRouteFails && service == Orders)
            status = 500;
        spans.Add(new TraceSpan(traceId, server, parts?[2], $"GET {route}", SpanKind.Server, begin, Now(), service, Texts(("url.query", fault == Fault.SecretIsTraced ? query : "Redacted"))));
        lock (gate)
        {
            if (!(fault == Fault.OneRequestNotCounted && service == Orders && First("count")))
                counters[service][route] = counters[service].GetValueOrDefault(route) + 1;
            if (fault == Fault.OneRequestCountedTwice && service == Orders && First("count"))
                counters[service][route]++;
            if (fault != Fault.ExemplarsOff)
                exemplars.Add((service, traceId, fault == Fault.ExemplarOfAnotherSpan ? Hex(8) : server));
            if (service == Orders && fault != Fault.ServiceGraphOff && fault != Fault.ServiceNotStarted)
                edges++;
            if (logged && !(fault == Fault.ServiceLogsNothing && service == Orders))
                LogRequest(service, route, status, traceId, server);
        }
        if (!(fault == Fault.ServiceExportsNothing && service == Inventory))
            Store(spans);
        return status;
    }

    private void LogRequest(string service, string route, int status, string traceId, string spanId)
    {
        var line = new JsonObject { ["timestamp"] = Timestamp(), ["level"] = "information", ["service"] = service, ["message"] = $"GET {route} {status}", ["http_status"] = status };
        if (fault != Fault.TraceIdMissingFromLines)
        {
            line["trace_id"] = traceId;
            line["span_id"] = spanId;
        }
        var text = line.ToJsonString();
        var number = Convert.ToInt32(traceId[24..], 16);
        var own = service == Orders;
        if (own && fault == Fault.ServiceLineLost && number == 5)
            return;
        Collect(service, text, own && fault == Fault.ServiceLinesReordered && number == 5 ? 1_000_000_000 : 0);
        if (own && fault == Fault.ServiceLineDoubled && number == 5)
            Collect(service, text, 100);
    }

    /// <summary>The log agent: labels, timestamp and structured metadata of one line.</summary>
    private void Collect(string job, string text, long shiftNs)
    {
        var json = JsonNode.Parse(text)!;
        var at = DateTimeOffset.Parse(json["timestamp"]!.GetValue<string>(), CultureInfo.InvariantCulture);
        var ns = fault == Fault.SyntheticTimestampLost && job.StartsWith("micro", StringComparison.Ordinal) ? Now() : ((at - DateTimeOffset.UnixEpoch).Ticks * 100) + shiftNs;
        if (shiftNs != 0 && job.StartsWith("micro", StringComparison.Ordinal))
            text = text.Replace(json["timestamp"]!.GetValue<string>(), at.AddTicks(shiftNs / 100).ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["job"] = job, ["service_name"] = job, ["filename"] = $"/logs/{job}.log", ["level"] = "information" };
        var metadata = new Dictionary<string, string>();
        if (json["trace_id"] is { } traceId && fault != Fault.MetadataStageMissing)
        {
            metadata["trace_id"] = traceId.GetValue<string>();
            metadata["span_id"] = json["span_id"]!.GetValue<string>();
            if (fault == Fault.TraceIdIsALabel)
                labels["trace_id"] = traceId.GetValue<string>();
        }
        var line = new Line(job, ns, text, labels, metadata);
        if (fault == Fault.LogsLate)
            _ = LaterAsync(1500, () => lines.Add(line));
        else
            lines.Add(line);
    }

    private async Task LaterAsync(int milliseconds, Action act)
    {
        await Task.Delay(milliseconds);
        lock (gate)
            act();
    }

    private void Store(IReadOnlyList<TraceSpan> spans)
    {
        void Add()
        {
            foreach (var span in spans)
            {
                if (!traces.TryGetValue(span.TraceId, out var trace))
                    traces[span.TraceId] = trace = [];
                trace.Add(span);
            }
        }
        if (fault == Fault.TracesLate)
        {
            _ = LaterAsync(1500, Add);
            return;
        }
        lock (gate)
            Add();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var part = byPort[context.Connection.LocalPort];
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
            ("prometheus", "/-/ready") => (fault == Fault.MetricStoreNotReady ? 503 : 200, "ready"),
            ("loki" or "tempo" or "log-agent", "/ready") or ("alertmanager", "/-/ready") => (200, "ready"),
            ("loki", "/metrics") => (200, $"# TYPE loki_discarded_samples_total counter\nloki_discarded_samples_total{{reason=\"rate_limited\"}} {dropped}\n"),
            ("prometheus", "/api/v1/query") => Query(query["query"]!),
            ("prometheus", "/api/v1/targets") => Targets(),
            ("prometheus", "/api/v1/query_exemplars") => Exemplars(query["query"]!),
            ("prometheus", "/api/v1/rules") => Rules(),
            ("prometheus", "/api/v1/otlp/v1/metrics") => Pushed(body),
            ("loki", "/loki/api/v1/query_range") => Range(query["query"]!, long.Parse(query["start"]!), int.Parse(query["limit"]!)),
            ("loki", "/loki/api/v1/series") => Series(query["match[]"]!),
            ("loki", "/loki/api/v1/labels") => (200, """{"status":"success","data":["filename","job","level","service_name"]}"""),
            ("loki", "/loki/api/v1/push") => Push(body),
            ("tempo", "/api/search") => Search(query["q"]!),
            ("tempo", _) when path.StartsWith("/api/v2/traces/", StringComparison.Ordinal) => Trace(path[15..]),
            ("otlp-http", "/v1/traces") => Taken(context.Request.ContentType == "application/json" ? Decoding.OtlpJson(body).ConvertAll(span => fault == Fault.HttpJsonKindChanged ? span with { Kind = SpanKind.Internal } : span) : Decoding.OtlpProtobuf(body)),
            ("zipkin", "/api/v2/spans") => Taken(Decoding.Zipkin(body).ConvertAll(span => fault == Fault.ZipkinParentLost ? span with { ParentId = null } : span)),
            ("jaeger", "/api/traces") => Taken(Decoding.Jaeger(body).ConvertAll(span => fault == Fault.JaegerTimeChanged ? span with { EndNs = span.EndNs + 1000 } : span)),
            ("grafana", _) => Grafana(context, path, body),
            (Orders or Inventory, _) => Service(part, path, context),
            _ => (404, ""),
        };
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(text);
    }

    private (int, string) Service(string service, string path, HttpContext context)
    {
        var traceparent = (string?)context.Request.Headers["traceparent"];
        switch (path)
        {
            case "/metrics":
                if (!Up(service))
                    return (500, "");
                lock (gate)
                    return (200, string.Concat(counters[service].Select(route => $"http_server_request_duration_seconds_count{{http_route=\"{route.Key}\"}} {route.Value}\n")));
            case "/health/live" or "/health/ready":
                if (fault == Fault.HealthIsTraced && traceparent is not null && service == Orders)
                    Store([new TraceSpan(traceparent.Split('-')[1], Hex(8), traceparent.Split('-')[2], $"GET {path}", SpanKind.Server, Now(), Now(), service, Texts())]);
                if (fault == Fault.HealthIsLogged && traceparent is not null && service == Orders)
                {
                    lock (gate)
                        LogRequest(service, path, 200, traceparent.Split('-')[1], Hex(8));
                }
                return (fault == Fault.ServiceNotReady && service == Orders && path == "/health/ready" ? 503 : 200, "");
            case "/orders" or "/stock":
                return (Request(service, path, traceparent, context.Request.QueryString.Value ?? ""), "[]");
            default:
                return (404, "");
        }
    }

    private async Task GrpcAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer);
        var spans = Decoding.OtlpProtobuf(buffer.ToArray()[5..]);
        Store(fault == Fault.GrpcSpanLost ? spans[..^1] : spans);
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private (int, string) Taken(List<TraceSpan> spans)
    {
        Store(spans);
        return (202, "{}");
    }

    private (int, string) Query(string expression)
    {
        lock (gate)
        {
            var match = JobOf().Match(expression);
            if (match.Success && expression.StartsWith("sum by", StringComparison.Ordinal))
            {
                var job = match.Groups[1].Value;
                return Vector(scraped[job].Select(route => (new Dictionary<string, string> { ["job"] = job, ["http_route"] = route.Key }, route.Value + (fault == Fault.ScrapedTwice && job == Orders && route.Value > 0 ? 1 : 0))));
            }
            if (expression.StartsWith("dotnet_", StringComparison.Ordinal))
                return Vector(fault == Fault.RuntimeMeterOff || !Up(match.Groups[1].Value) ? [] : [([], 1)]);
            if (expression.StartsWith("micromonitored_verify_value", StringComparison.Ordinal))
                return Vector(pushed.Where(pair => expression.Contains(pair.Key, StringComparison.Ordinal)).Select(pair => (new Dictionary<string, string>(), pair.Value)));
            if (expression.Contains("traces_service_graph_request_total", StringComparison.Ordinal))
                return Vector(edges > 0 ? [([], edges)] : []);
        }
        return (400, """{"status":"error","errorType":"bad_data","error":"unsupported"}""");
    }

    private (int, string) Targets()
    {
        lock (gate)
        {
            return (200, new JsonObject
            {
                ["status"] = "success",
                ["data"] = new JsonObject
                {
                    ["activeTargets"] = new JsonArray([.. counters.Keys.Where(job => !(fault == Fault.TargetMissing && job == Orders)).Select(job => new JsonObject
                    {
                        ["labels"] = new JsonObject { ["job"] = job, ["instance"] = "127.0.0.1:1" },
                        ["scrapeUrl"] = $"http://{job}/metrics",
                        ["health"] = Up(job) ? "up" : "down",
                        ["lastError"] = Up(job) ? "" : "server returned HTTP status 500",
                        ["lastScrape"] = (lastScrape.TryGetValue(job, out var last) ? last : DateTimeOffset.MinValue).ToString("O"),
                    })]),
                },
            }.ToJsonString());
        }
    }

    private (int, string) Exemplars(string expression)
    {
        lock (gate)
        {
            return (200, new JsonObject
            {
                ["status"] = "success",
                ["data"] = new JsonArray([.. scrapedExemplars.Where(exemplar => expression.Contains($"\"{exemplar.Job}\"", StringComparison.Ordinal)).Select(exemplar => new JsonObject
                {
                    ["seriesLabels"] = new JsonObject { ["job"] = exemplar.Job, ["le"] = "0.005" },
                    ["exemplars"] = new JsonArray(new JsonObject { ["labels"] = new JsonObject { ["trace_id"] = exemplar.TraceId, ["span_id"] = exemplar.SpanId }, ["value"] = "0.001", ["timestamp"] = 1.5 }),
                })]),
            }.ToJsonString());
        }
    }

    private (int, string) Rules() => (200, fault == Fault.RulesMissing
        ? """{"status":"success","data":{"groups":[]}}"""
        : fault == Fault.RuleBroken
            ? """{"status":"success","data":{"groups":[{"name":"services","rules":[{"name":"ServiceDown","health":"err","lastError":"unknown function"}]}]}}"""
            : """{"status":"success","data":{"groups":[{"name":"services","rules":[{"name":"ServiceDown","health":"ok"}]}]}}""");

    private (int, string) Pushed(byte[] body)
    {
        if (fault == Fault.OtlpMetricsRefused)
            return (404, "otlp write receiver needs to be enabled");
        var (runId, value) = Decoding.Gauge(body);
        lock (gate)
            pushed[runId] = value + (fault == Fault.OtlpMetricChanged ? 1 : 0);
        return (200, "");
    }

    private (int, string) Range(string query, long start, int limit)
    {
        var match = LogQuery().Match(query);
        if (!match.Success)
            return (400, $"parse error: {query}");
        var (label, value, text, traceId) = (match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value, match.Groups[4].Value);
        lock (gate)
        {
            var found = lines
                .Where(line => line.Labels.GetValueOrDefault(label) == value && line.TimestampNs >= start && line.Text.Contains(text, StringComparison.Ordinal) && (traceId.Length == 0 || line.Metadata.GetValueOrDefault("trace_id") == traceId))
                .OrderBy(line => line.TimestampNs).Take(limit).ToList();
            return (200, new JsonObject
            {
                ["status"] = "success",
                ["data"] = new JsonObject
                {
                    ["resultType"] = "streams",
                    ["encodingFlags"] = new JsonArray("categorize-labels"),
                    ["result"] = new JsonArray([.. found.GroupBy(line => string.Join(',', line.Labels)).Select(stream => new JsonObject
                    {
                        ["stream"] = Map(stream.First().Labels),
                        ["values"] = new JsonArray([.. stream.Select(line => new JsonArray($"{line.TimestampNs}", line.Text, new JsonObject { ["structuredMetadata"] = Map(line.Metadata) }))]),
                    })]),
                },
            }.ToJsonString());
        }
    }

    private (int, string) Series(string matcher)
    {
        lock (gate)
        {
            var streams = lines.Where(line => matcher.Contains($"\"{line.Job}\"", StringComparison.Ordinal)).DistinctBy(line => string.Join(',', line.Labels));
            return (200, new JsonObject { ["status"] = "success", ["data"] = new JsonArray([.. streams.Select(line => Map(line.Labels))]) }.ToJsonString());
        }
    }

    private (int, string) Push(byte[] body)
    {
        if (fault == Fault.PushRefused)
            return (429, "ingestion rate limit exceeded");
        var stream = JsonNode.Parse(body)!["streams"]![0]!;
        var job = stream["stream"]!["job"]!.GetValue<string>();
        lock (gate)
            lines.Add(new Line(job, long.Parse(stream["values"]![0]![0]!.GetValue<string>()), stream["values"]![0]![1]!.GetValue<string>(), new() { ["job"] = job }, []));
        return (204, "");
    }

    private (int, string) Search(string query)
    {
        var service = SearchService().Match(query).Groups[1].Value;
        var name = SearchName().Match(query).Groups[1].Value;
        lock (gate)
        {
            var found = fault == Fault.SearchHidesTheNewest ? [] : traces.Where(trace => trace.Value.Any(span => span.Service == service && (name.Length == 0 || span.Name == name)));
            return (200, new JsonObject { ["traces"] = new JsonArray([.. found.Select(trace => new JsonObject { ["traceID"] = trace.Key.TrimStart('0') })]) }.ToJsonString());
        }
    }

    private (int, string) Trace(string traceId)
    {
        lock (gate)
        {
            if (!traces.TryGetValue(traceId, out var spans))
                return (404, "");
            return (200, new JsonObject
            {
                ["trace"] = new JsonObject
                {
                    ["resourceSpans"] = new JsonArray([.. spans.GroupBy(span => span.Service).Select(service => new JsonObject
                    {
                        ["resource"] = new JsonObject { ["attributes"] = new JsonArray(Attribute("service.name", service.Key)) },
                        ["scopeSpans"] = new JsonArray(new JsonObject { ["spans"] = new JsonArray([.. service.Select(Span)]) }),
                    })]),
                },
            }.ToJsonString());
        }
    }

    private (int, string) Grafana(HttpContext context, string path, byte[] body)
    {
        var basic = ((string?)context.Request.Headers.Authorization) is { } header ? Encoding.UTF8.GetString(Convert.FromBase64String(header[6..])) : null;
        if (path == "/api/health")
            return (200, fault == Fault.GrafanaUnhealthy ? """{"database":"failing"}""" : """{"database":"ok","version":"13.2.1"}""");
        var known = (basic == "admin:secret" && fault != Fault.GrafanaWrongPassword) || (basic == "admin:admin" && fault == Fault.GrafanaDefaultPassword) || (basic is null && fault == Fault.GrafanaAnonymous);
        if (path is "/api/user" or "/api/org")
            return (known ? 200 : 401, "{}");
        if (path.StartsWith("/api/datasources/", StringComparison.Ordinal))
            return (fault == Fault.DatasourceWrong && path.Contains("/proxy/uid/loki", StringComparison.Ordinal) ? 502 : 200, "{}");
        if (path == "/api/dashboards/uid/services")
        {
            return fault == Fault.DashboardMissing
                ? (404, "{}")
                : (200, """
                    {"dashboard":{"title":"Services","uid":"services",
                      "templating":{"list":[{"name":"service","type":"query","includeAll":true,"current":{"value":"$__all"}}]},
                      "panels":[
                        {"type":"row","title":"Row","panels":[{"title":"Rate","datasource":{"uid":"prometheus","type":"prometheus"},"targets":[{"refId":"A","expr":"sum(rate(http_server_request_duration_seconds_count{job=~\"$service\"}[$__rate_interval]))"}]}]},
                        {"title":"Logs","datasource":{"uid":"loki","type":"loki"},"targets":[{"refId":"A","expr":"{service_name=~\"${service:regex}\"}"}]}]}}
                    """);
        }
        if (path == "/api/ds/query")
        {
            var query = JsonNode.Parse(body)!["queries"]![0]!;
            var expression = query["expr"]!.GetValue<string>();
            var refId = query["refId"]!.GetValue<string>();
            if (expression.Contains("$service", StringComparison.Ordinal) || expression.Contains("${", StringComparison.Ordinal))
                return (400, Result(refId, new JsonObject { ["error"] = "a variable was left in" }));
            if (fault == Fault.PanelMisspelt && query["datasource"]!["uid"]!.GetValue<string>() == "loki")
                return (400, Result(refId, new JsonObject { ["error"] = "parse error at line 1" }));
            var values = fault == Fault.PanelEmpty && query["datasource"]!["uid"]!.GetValue<string>() == "prometheus" ? "[[],[]]" : "[[1],[2]]";
            return (200, Result(refId, new JsonObject { ["frames"] = new JsonArray(new JsonObject { ["data"] = new JsonObject { ["values"] = JsonNode.Parse(values) } }) }));
        }
        return (404, "{}");
    }

    private static string Result(string refId, JsonObject result) => new JsonObject { ["results"] = new JsonObject { [refId] = result } }.ToJsonString();

    private static (int, string) Vector(IEnumerable<(Dictionary<string, string> Labels, double Value)> samples) =>
        (200, new JsonObject
        {
            ["status"] = "success",
            ["data"] = new JsonObject
            {
                ["resultType"] = "vector",
                ["result"] = new JsonArray([.. samples.Select(sample => new JsonObject { ["metric"] = Map(sample.Labels), ["value"] = new JsonArray(1.5, sample.Value.ToString(CultureInfo.InvariantCulture)) })]),
            },
        }.ToJsonString());

    private static JsonObject Span(TraceSpan span)
    {
        var json = new JsonObject
        {
            ["traceId"] = Convert.ToBase64String(Convert.FromHexString(span.TraceId)),
            ["spanId"] = Convert.ToBase64String(Convert.FromHexString(span.SpanId)),
            ["name"] = span.Name,
            ["kind"] = $"SPAN_KIND_{span.Kind.ToString().ToUpperInvariant()}",
            ["startTimeUnixNano"] = $"{span.StartNs}",
            ["endTimeUnixNano"] = $"{span.EndNs}",
            ["attributes"] = new JsonArray([.. span.Attributes.Select(pair => Attribute(pair.Key, pair.Value))]),
            ["status"] = span.IsError ? new JsonObject { ["code"] = "STATUS_CODE_ERROR" } : [],
        };
        if (span.ParentId is { } parent)
            json["parentSpanId"] = Convert.ToBase64String(Convert.FromHexString(parent));
        return json;
    }

    private static JsonObject Attribute(string key, object value) => new()
    {
        ["key"] = key,
        ["value"] = value switch
        {
            string text => new JsonObject { ["stringValue"] = text },
            long whole => new JsonObject { ["intValue"] = $"{whole}" },
            bool flag => new JsonObject { ["boolValue"] = flag },
            _ => new JsonObject { ["doubleValue"] = (double)value },
        },
    };

    private static JsonObject Map(IEnumerable<KeyValuePair<string, string>> map) => new(map.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));

    private static Dictionary<string, object> Texts(params (string Key, string Value)[] pairs) => pairs.ToDictionary(pair => pair.Key, pair => (object)pair.Value);

    private static string Hex(int bytes) => RandomNumberGenerator.GetHexString(bytes * 2, lowercase: true);

    private static long Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static string Timestamp() => DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    [GeneratedRegex("job=\"([^\"]*)\"")]
    private static partial Regex JobOf();

    [GeneratedRegex("^\\{(\\w+)=\"([^\"]*)\"\\}(?: \\|= \"([^\"]*)\")?(?: \\| trace_id=\"([^\"]*)\")?$")]
    private static partial Regex LogQuery();

    [GeneratedRegex("service\\.name = \"([^\"]*)\"")]
    private static partial Regex SearchService();

    [GeneratedRegex("&& name = \"([^\"]*)\"")]
    private static partial Regex SearchName();
}
