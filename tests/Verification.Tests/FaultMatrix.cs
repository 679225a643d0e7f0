using System.Net;
using System.Net.Sockets;

namespace MicroMonitored.Verification.Tests;

/// <summary>One fault and what it must turn red.</summary>
/// <param name="Red">The rows of the report that must fail, as <c>id service</c>; every other must not.</param>
/// <param name="Hop">Where the chain is broken, in the words of the first of them.</param>
/// <param name="Fix">What its fix must speak of.</param>
internal sealed record FaultRow(string Name, string[] Red, string Hop, string Fix)
{
    /// <summary>What is broken, where the fault is none that the target injects.</summary>
    public string What { get; init; } = "";

    /// <summary>Breaks a running stack, and answers the plan to verify it by.</summary>
    public Func<ShopStack, Task<VerificationPlan>>? Break { get; init; }

    /// <summary>Mends it.</summary>
    public Func<ShopStack, Task>? Mend { get; init; }
}

/// <summary>The faults of the matrix: those that the target <c>Fault</c> injects, and those that only a test can.</summary>
internal static class FaultMatrix
{
    private const string Orders = ShopStack.Orders;
    private const string Inventory = ShopStack.Inventory;
    private static readonly string[] Both = [Inventory, Orders];

    public static IReadOnlyList<FaultRow> Rows { get; } =
    [
        new("service-down",
            ["stack.ready shop-inventory", "metrics.target-up shop-inventory", "metrics.exact-count shop-inventory", "metrics.exact-count shop-orders",
                "logs.exactly-once shop-inventory", "traces.edge shop-orders", "traces.errors shop-inventory"],
            "verify → shop-inventory", "start the service again (--target=Up)"),
        new("service-not-ready", [$"stack.ready {Orders}"], "verify → shop-orders", "read its log (--target=Logs --component=shop-orders)"),
        new("probe-fails", [$"metrics.exact-count {Orders}"], "verify → shop-orders", "let GET /orders of shop-orders answer 200"),
        new("metrics-error", [$"metrics.target-up {Orders}"], "prometheus → shop-orders /metrics", "answer 200 to the scraper"),
        new("metrics-hang", [$"metrics.target-up {Orders}"], "prometheus → shop-orders /metrics", "answer 200 to the scraper"),
        new("metrics-huge", [$"metrics.target-up {Orders}"], "prometheus → shop-orders /metrics", "answer 200 to the scraper"),
        new("metric-renamed",
            [$"metrics.exact-count {Orders}", $"metrics.exemplar {Orders}", $"traces.errors {Orders}", $"links.exemplar-to-trace {Orders}"],
            "shop-orders → request counter", "count every request in shop-orders"),
        new("request-uncounted", [$"metrics.exact-count {Orders}"], "shop-orders → request counter", "count every request in shop-orders"),
        new("request-counted-twice", [$"metrics.exact-count {Orders}"], "other traffic → shop-orders", "counted twice"),
        new("runtime-metrics-off", [$"metrics.runtime {Orders}"], "shop-orders → meter System.Runtime", "AddMeter(\"System.Runtime\")"),
        new("exemplars-off", [$"metrics.exemplar {Orders}", $"links.exemplar-to-trace {Orders}"], "shop-orders → exemplar", "SetExemplarFilter"),
        new("exemplars-astray", [$"links.exemplar-to-trace {Orders}"], "exemplar → trace", "carry trace_id and span_id of the recorded span"),
        new("lines-elsewhere", [$"logs.exactly-once {Orders}"], "shop-orders → log file", "Monitoring__LogFolder"),
        new("lines-off", [$"logs.exactly-once {Orders}"], "shop-orders → log file", "Logging__LogLevel__MicroMonitored.Requests"),
        new("line-lost", [$"logs.exactly-once {Orders}"], "shop-orders → log agent", "look for dropped lines"),
        new("line-doubled", [$"logs.exactly-once {Orders}"], "shop-orders → request log", "write one line per request in shop-orders"),
        new("lines-reordered", [$"logs.exactly-once {Orders}"], "shop-orders → request log", "stamp the lines of shop-orders when they are written"),
        new("line-ids-missing", [$"links.log-to-trace {Orders}", $"links.trace-to-logs {Orders}"], "shop-orders → log line", "write trace_id and span_id"),
        new("health-logged", [$"logs.exactly-once {Orders}"], "shop-orders → request log", "out of the request log of shop-orders"),
        new("health-traced", [$"traces.clean {Orders}"], "shop-orders → trace filter", "filter /health/ready out"),
        new("spans-off", [$"traces.otlp-http {Orders}"], "shop-orders → OTLP exporter", "OTEL_TRACES_EXPORTER"),
        new("otlp-wrong-port", [$"traces.otlp-http {Orders}"], "shop-orders → OTLP exporter", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        new("otlp-wrong-protocol", [$"traces.otlp-http {Orders}"], "shop-orders → OTLP exporter", "OTEL_EXPORTER_OTLP_PROTOCOL"),
        new("spans-overflow", ["drops.zero", $"traces.otlp-http {Orders}"], "shop-orders", "let the OTLP receiver of the service answer"),
        new("traceparent-stripped", [$"traces.edge {Orders}"], "shop-orders → shop-inventory (traceparent)", "carry traceparent"),
        new("fault-answers", [$"traces.errors {Orders}"], "verify → shop-orders", "let that route throw"),
        new("exception-swallowed", [$"traces.errors {Orders}"], "shop-orders → span", "record route, status and exception"),
        new("secret-logged", [$"secrets.planted {Orders}"], "shop-orders → log", "keep headers, cookies, bodies and query values out"),
        new("secret-traced", [$"secrets.planted {Orders}", $"traces.clean {Orders}"], "shop-orders → trace", "keep headers, cookies"),
        new("secret-thrown", [$"secrets.planted {Orders}"], "shop-orders → trace", "and the text of exceptions"),
        new("secret-exposed", [$"secrets.planted {Orders}"], "shop-orders → /metrics", "keep headers, cookies, bodies and query values out"),
        new("secret-printed", [$"secrets.planted {Orders}"], "shop-orders → file", "keep headers, cookies, bodies and query values out"),
        new("metric-store-not-ready", ["stack.ready prometheus"], "verify → prometheus", "--target=Up"),
        new("metric-store-down",
            [.. Of(["metrics.target-up", "metrics.exact-count", "metrics.runtime", "metrics.exemplar", "traces.errors", "links.exemplar-to-trace"]),
                "metrics.otlp", "grafana.panels", "alerts.rules", $"links.service-graph {Orders}"],
            "verify → prometheus", "--target=Logs --component=prometheus"),
        new("log-store-down",
            [.. Of(["logs.exactly-once", "logs.labels", "traces.errors", "secrets.planted", "links.log-to-trace", "links.trace-to-logs"]),
                "logs.exactly-once", "logs.multiprotocol"],
            "verify → loki", "--target=Logs --component=loki"),
        new("trace-store-down",
            [.. Of(["traces.otlp-http", "traces.search", "traces.errors", "secrets.planted", "links.exemplar-to-trace", "links.log-to-trace",
                "links.trace-to-logs"]),
                "traces.otlp-grpc", "traces.otlp-http", "traces.zipkin", "traces.jaeger", "traces.search", "links.log-to-trace", "links.trace-to-logs",
                $"traces.edge {Orders}"],
            "verify → tempo", "--target=Logs --component=tempo"),
        new("otlp-grpc-down", ["traces.otlp-grpc", "metrics.otlp", "logs.multiprotocol"],
            "verify → OTLP/gRPC receiver", "let the OTLP/gRPC receiver listen on http://"),
        new("otlp-http-down", ["traces.otlp-http", .. Of(["traces.otlp-http", "links.exemplar-to-trace"]), "metrics.otlp", "logs.multiprotocol"],
            "verify → OTLP/HTTP protobuf receiver", "let the OTLP/HTTP protobuf receiver listen on http://"),
        new("otlp-metrics-refused", ["metrics.otlp"], "verify → OTLP/gRPC metric receiver", "take metrics, too"),
        new("otlp-logs-refused", ["logs.multiprotocol"], "verify → OTLP/gRPC log receiver", "take logs, too"),
        new("push-refused", ["logs.multiprotocol"], "verify → loki push", "limits_config"),
        new("zipkin-down", ["traces.zipkin"], "verify → Zipkin receiver", "let the Zipkin receiver listen on http://"),
        new("jaeger-down", ["traces.jaeger"], "verify → Jaeger Thrift receiver", "let the Jaeger Thrift receiver listen on http://"),
        new("otlp-changed", ["traces.otlp-grpc"], "OTLP/gRPC receiver → translation", "came back changed"),
        new("otlp-http-changed", ["traces.otlp-http"], "OTLP/HTTP JSON receiver → translation", "came back changed"),
        new("zipkin-changed", ["traces.zipkin"], "Zipkin receiver → translation", "came back changed"),
        new("jaeger-changed", ["traces.jaeger"], "Jaeger Thrift receiver → translation", "came back changed"),
        new("search-empty", ["traces.search", .. Of(["traces.search"])], "trace store → search", "query_end_cutoff"),
        new("stored-line-lost", ["logs.exactly-once"], "log agent → log store", "look for refused lines"),
        new("stored-line-doubled", ["logs.exactly-once"], "log agent → log store", "let one agent alone read the file"),
        new("stored-lines-reordered", ["logs.exactly-once"], "log agent → log store", "let one agent alone read the file"),
        new("timestamp-changed", ["logs.exactly-once"], "log agent → timestamp", "RFC3339Nano"),
        new("trace-id-as-label", ["logs.labels", .. Of(["logs.labels"])], "log agent → labels", "remove the label trace_id"),
        new("metadata-missing",
            [.. Of(["logs.labels", "links.log-to-trace", "links.trace-to-logs"]), "logs.labels", "links.log-to-trace", "links.trace-to-logs"],
            "log agent → structured metadata", "structured_metadata stage"),
        new("drops", ["drops.zero"], "micromonitored", "see the reason label of micromonitored_dropped_lines_total"),
        new("service-graph-off", [$"links.service-graph {Orders}", "grafana.panels"], "tempo metrics generator → prometheus",
            "enable the processor service-graphs"),
        new("page-down", ["stack.ready grafana", "grafana.health"], "verify → grafana", "--target=Up"),
        new("target-missing", [$"metrics.target-up {Orders}"], "file_sd → prometheus", "render the targets again (--target=Up)")
        {
            What = "a service is no scrape target",
            Break = static stack => stack.WithTargets(Inventory),
            Mend = static stack => stack.WithTargets(Inventory, Orders),
        },
        new("scraped-twice", [$"metrics.exact-count {Orders}"], "prometheus scrape", "remove the second target with the job shop-orders")
        {
            What = "a service is scraped twice",
            Break = static stack => stack.WithTargets(Inventory, Orders, Orders),
            Mend = static stack => stack.WithTargets(Inventory, Orders),
        },
        new("log-folder-closed", ["logs.exactly-once"], "verify → micromonitored-verify.log", "make the log folder writable")
        {
            What = "the log folder cannot be written",
            Break = static stack => Task.FromResult(stack.Plan with { LogProbe = new FolderLogProbe("/dev/null/logs", Path.GetTempPath()) }),
        },
        .. RealEngine.MayBeRefused ? [Unreadable] : Array.Empty<FaultRow>(),
        new("late", ["freshness.logs", "freshness.metrics", "freshness.traces"], "logs pipeline", "batchwait")
        {
            What = "everything is later than allowed",
            Break = static stack => Task.FromResult(stack.Plan with { FreshnessLimit = TimeSpan.FromMilliseconds(1) - (stack.Plan.ScrapeInterval * 2) }),
        },
        new("port-open", ["security.loopback"], "open → network", "bind open to 127.0.0.1")
        {
            What = "a port is open to the network",
            Break = static stack =>
            {
                stack.Open = new TcpListener(IPAddress.Any, 0);
                stack.Open.Start();
                return Task.FromResult(stack.Plan with
                {
                    PublishedPorts = new Dictionary<string, int> { ["open"] = ((IPEndPoint)stack.Open.LocalEndpoint).Port },
                });
            },
            Mend = static stack =>
            {
                stack.Open!.Dispose();
                return Task.CompletedTask;
            },
        },
        Part("parts-whole", "", ""),
        Part("grafana-default-password", "grafana → login", "change the administrator's password", "grafana.login"),
        Part("grafana-wrong-password", "grafana → login", "set grafana.user and grafana.password in stack.json", "grafana.login"),
        Part("grafana-anonymous", "grafana → anonymous access", "GF_AUTH_ANONYMOUS_ENABLED", "grafana.login"),
        Part("datasource-wrong", "grafana → loki", "set the url of the datasource loki", "grafana.datasources"),
        Asset("dashboard-missing", static engine => File.Delete(engine.File("dashboards/canary.json")), IsWhole,
            "dashboard files → grafana", "--target=Logs --component=grafana", "grafana.dashboards"),
        Asset("panel-empty", static engine => engine.Change("dashboards/services.json", "active_requests", "requests_in_flight"), IsWhole, "panel In flight",
            "correct the query of panel 'In flight'", "grafana.panels"),
        Asset("panel-misspelt", static engine => engine.Change("dashboards/services.json", "max by (job) (up", "max by (job (up"), IsWhole,
            "panel Service", "correct the query of panel 'Service'", "grafana.panels"),
        Asset("rule-broken", static engine => engine.Change("rules/alerts.yml", "expr: up{job!~", "expr: up({job!~"),
            static rules => rules.Contains("\"err\"", StringComparison.Ordinal), "rule ServiceDown", "correct the expression of ServiceDown", "alerts.rules"),
        Asset("rules-missing", static engine => Directory.Delete(engine.File("rules"), recursive: true),
            static rules => rules.Contains("\"groups\":[]", StringComparison.Ordinal), "rule files → prometheus", "list the rule files under rule_files",
            "alerts.rules", "alerts.round-trip"),
        Asset("alert-missing", static engine => engine.Change("rules/alerts.yml", "alert: VerifyProbe", "alert: SomethingElse"),
            static rules => !rules.Contains("VerifyProbe", StringComparison.Ordinal), "rule files → prometheus", "the rule VerifyProbe", "alerts.round-trip"),
        Asset("alert-silent", static engine => engine.Change("rules/alerts.yml", "micromonitored_verify_alert > 0", "micromonitored_verify_alert > 1"),
            static rules => rules.Contains("_alert > 1", StringComparison.Ordinal), "rule VerifyProbe", "micromonitored_verify_alert > 0", "alerts.round-trip"),
        Asset("alert-kept", static engine => engine.Change("rules/alerts.yml", "_alert > 0", "_alert > 0\n        keep_firing_for: 59m"),
            static rules => rules.Contains("3540", StringComparison.Ordinal), "rule VerifyProbe", "without keep_firing_for", "alerts.round-trip"),
        new("alert-untold", ["alerts.round-trip"], "rules → webhook of Verify", "route VerifyProbe to a webhook")
        {
            What = "nobody tells Verify of its alert",
            Break = static stack => Task.FromResult(stack.Plan with { Exposure = stack.Plan.Exposure! with { UrlFile = stack.Engine.File("other.url") } }),
        },
        new("verify-unscraped", ["alerts.round-trip"], "prometheus → verify /metrics", "let the metric store read the targets in")
        {
            What = "nobody scrapes Verify",
            Break = static stack => Task.FromResult(stack.Plan with { Exposure = stack.Plan.Exposure! with { TargetsFile = stack.Engine.File("other.json") } }),
        },
        new("webhook-file-closed", ["alerts.round-trip"], "verify → /dev/null/verify.url", "make /dev/null writable")
        {
            What = "the file with the webhook's URL cannot be written",
            Break = static stack => Task.FromResult(stack.Plan with { Exposure = new Exposure(UrlFile: "/dev/null/verify.url") }),
        },
        Harmless("log-rotated", "a log file is renamed while it is written", static stack
            => Task.FromResult(stack.Plan with { LogProbe = new RotatingProbe(stack.Engine.Logs) })),
        Harmless("odd-lines", "300 KB, invalid UTF-8, NUL, escapes, no JSON, half a line", static async stack =>
        {
            await OddLines.WriteAsync(stack);
            return stack.Plan;
        }),
        Harmless("engine-killed", "the engine is killed under load; a log file is renamed three times meanwhile", static async stack =>
        {
            await Outage.LiveThroughAsync(stack);
            return stack.Plan;
        }),
    ];

    private static FaultRow Unreadable => new("log-file-unreadable", [$"logs.exactly-once {Orders}"], "shop-orders → log file",
        "write shop-orders.log into the shared log folder (Monitoring__LogFolder, its mode and owner)")
    {
        What = "the log file of a service may not be read",
        Break = static async stack =>
        {
            // What it has open, it reads on.
            await stack.Engine.KillAsync();
            SetMode(stack, UnixFileMode.None);
            await stack.Engine.RestartAsync();
            await stack.ScrapedAsync();
            return stack.Plan;
        },
        Mend = static stack =>
        {
            SetMode(stack, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return Task.CompletedTask;
        },
    };

    private static void SetMode(ShopStack stack, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path.Combine(stack.Engine.Logs, Orders + ".log"), mode);
    }

    /// <summary>Of what the embedded engine has no counterpart for.</summary>
    private static FaultRow Part(string name, string hop, string fix, params string[] red)
        => new(name, red, hop, fix) { What = name.Replace('-', ' '), Break = stack => stack.WithPartsAsync(name) };

    /// <summary>Of the rule files and dashboards that the engine reads.</summary>
    private static FaultRow Asset(string name, Action<RealEngine> change, Func<string, bool> rules, string hop, string fix, params string[] red)
        => new(name, red, hop, fix)
        {
            What = name.Replace('-', ' '),
            Break = stack => stack.WithAssetsAsync(change, rules),
            Mend = static stack => stack.WithAssetsAsync(static engine => engine.Ship(), IsWhole),
        };

    private static bool IsWhole(string rules) => new[] { "ServiceDown", "VerifyProbe", "_alert \u003E 0" }.All(rules.Contains)
        && !new[] { "\"err\"", "\"unknown\"", "3540" }.Any(rules.Contains);

    /// <summary>What a stack must live through.</summary>
    private static FaultRow Harmless(string name, string what, Func<ShopStack, Task<VerificationPlan>> happens)
        => new(name, [], "", "") { What = what, Break = happens };

    private static IEnumerable<string> Of(string[] checks) => checks.SelectMany(check => Both.Select(service => $"{check} {service}"));
}
