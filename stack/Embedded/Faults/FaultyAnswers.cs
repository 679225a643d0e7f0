using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MicroMonitored.Embedded.Faults;

/// <summary>Answers that are wrong on purpose: refused, silent, or changed on their way out.</summary>
internal static partial class FaultyAnswers
{
    private const int HugeBytes = 100 * 1024 * 1024;

    private static readonly string FaultRoute = Environment.GetEnvironmentVariable("Monitoring__FaultRoute") ?? "";
    private static readonly Lazy<ActivitySource> Source = new(static () => new ActivitySource(Assembly.GetEntryAssembly()!.GetName().Name!));
    private static readonly ConcurrentDictionary<string, int> Sixths = new();
    private static string _leaked = "";
    private static int _dropped;

    private delegate Task Answer(HttpContext context, RequestDelegate next);

    private static readonly Dictionary<string, Answer> All = new()
    {
        ["service-not-ready"] = Refuse(static path => path == "/health/ready", 503),
        ["probe-fails"] = Beside(static path => IsRequest(path) && path != FaultRoute, static context => context.Response.OnStarting(() =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        })),
        ["metrics-error"] = Refuse(IsMetrics, 500),
        ["metrics-hang"] = Instead(IsMetrics, static context => Task.Delay(-1, context.RequestAborted)),
        ["metrics-huge"] = Instead(IsMetrics, HugeAsync),
        ["metric-renamed"] = Rewrite(IsMetrics, static text => text.Replace("http_server_request_duration", "http_request_time", StringComparison.Ordinal)),
        ["request-uncounted"] = Count(-1),
        ["request-counted-twice"] = Count(1),
        ["runtime-metrics-off"] = Rewrite(IsMetrics, static text => RuntimeLine().Replace(text, "")),
        ["exemplars-off"] = Rewrite(IsMetrics, static text => Exemplar().Replace(text, "")),
        ["exemplars-astray"] = Rewrite(IsMetrics, static text => SpanId().Replace(text, "span_id=\"00000000deadbeef\"")),
        ["health-logged"] = Beside(static path => path == "/health/ready", static context
            => Log(context, "GET {path} {status}", "/health/ready", 200)),
        ["health-traced"] = Beside(static path => path == "/health/ready", Trace),
        ["fault-answers"] = Refuse(static path => path == FaultRoute, 200),
        ["exception-swallowed"] = Refuse(static path => path == FaultRoute, 500),
        ["secret-logged"] = Beside(IsRequest, static context => Log(context, "asked with {query}{more}", Query(context), "")),
        ["secret-traced"] = Beside(IsRequest, static context => Activity.Current?.SetTag("url.query", Query(context))),
        ["secret-printed"] = Beside(IsRequest, static context => Console.WriteLine(Query(context))),
        ["secret-thrown"] = Beside(static path => path == FaultRoute, static context => Activity.Current?.AddEvent(new("exception", tags: new()
        {
            ["exception.type"] = "Fault", ["exception.message"] = $"refused {Query(context)}", ["exception.stacktrace"] = $"Fault: refused {Query(context)}",
        }))),
        ["secret-exposed"] = static (context, next) =>
        {
            if (Query(context) is { Length: > 0 } query)
                _leaked = query;
            return Rewrite(IsMetrics, static text => $"# TYPE leaked gauge\nleaked{{query=\"{_leaked}\"}} 1\n{text}")(context, next);
        },
        ["metric-store-not-ready"] = Refuse(static path => path == "/-/ready", 503),
        ["metric-store-down"] = Refuse(static path => path.StartsWith("/api/v1/", StringComparison.Ordinal), 503),
        ["log-store-down"] = Refuse(static path => path.StartsWith("/loki/", StringComparison.Ordinal), 503),
        ["trace-store-down"] = Refuse(static path => path.StartsWith("/api/v2/traces/", StringComparison.Ordinal) || path == "/api/search", 503),
        ["otlp-grpc-down"] = Refuse(static path => path.StartsWith("/opentelemetry.proto.", StringComparison.Ordinal), 503),
        ["otlp-http-down"] = Refuse(static path => path.StartsWith("/v1/", StringComparison.Ordinal), 503),
        ["otlp-metrics-refused"] = Refuse(static path => path == "/v1/metrics" || path.Contains(".MetricsService/", StringComparison.Ordinal), 503),
        ["otlp-logs-refused"] = Refuse(static path => path == "/v1/logs" || path.Contains(".LogsService/", StringComparison.Ordinal), 503),
        ["push-refused"] = Refuse(static path => path == "/loki/api/v1/push", 429),
        ["zipkin-down"] = Refuse(static path => path == "/api/v2/spans", 503),
        ["jaeger-down"] = Refuse(static path => path == "/api/traces", 503),
        ["otlp-changed"] = Change('0'),
        ["otlp-http-changed"] = Change('2'),
        ["zipkin-changed"] = Change('3'),
        ["jaeger-changed"] = Change('4'),
        ["search-empty"] = Rewrite(static path => path == "/api/search", static _ => """{"traces":[]}"""),
        ["stored-line-lost"] = Lines(static lines => lines.Where(line => !Is(line, 7))),
        ["stored-line-doubled"] = Lines(static lines => lines.SelectMany(line => Enumerable.Repeat(line, Is(line, 7) ? 2 : 1))),
        ["stored-lines-reordered"] = Lines(static lines =>
        {
            if (lines.FirstOrDefault(line => Is(line, 20)) is { } one && lines.FirstOrDefault(line => Is(line, 21)) is { } other)
                (one[1], other[1]) = (other[1]!.DeepClone(), one[1]!.DeepClone());
            return lines;
        }),
        ["timestamp-changed"] = Lines(static lines =>
        {
            foreach (var line in lines)
                line[0] = $"{long.Parse((string)line[0]!, CultureInfo.InvariantCulture) + 1000}";
            return lines;
        }),
        ["trace-id-as-label"] = Rewrite(static path => path == "/loki/api/v1/series",
            static text => text.Replace("\"job\":", "\"trace_id\":\"1\",\"job\":", StringComparison.Ordinal)),
        ["metadata-missing"] = static (context, next) => Rewrite(IsRange, Query(context).Contains("trace_id", StringComparison.Ordinal)
            ? static _ => """{"status":"success","data":{"resultType":"streams","result":[]}}"""
            : static text => Metadata().Replace(text, ""))(context, next),
        ["drops"] = static (context, next) => Rewrite(
            path => path == "/api/v1/query" && context.Request.Query["query"] == "{job=\"micromonitored\"}",
            static text => text.Replace("\"result\":[", "\"result\":[" + Dropped(), StringComparison.Ordinal))(context, next),
        ["service-graph-off"] = static (context, next) => Rewrite(
            path => path == "/api/v1/query" && Query(context).Contains("traces_service_graph_request_total", StringComparison.Ordinal),
            static _ => """{"status":"success","data":{"resultType":"vector","result":[]}}""")(context, next),
        ["page-down"] = Refuse(static path => path == "/api/health", 503),
    };

    public static Task AnswerAsync(string fault, HttpContext context, RequestDelegate next)
        => All.TryGetValue(fault, out var answer) ? answer(context, next) : next(context);

    private static bool IsMetrics(string path) => path == "/metrics";

    private static bool IsObservation(string path) => IsMetrics(path) || path.StartsWith("/health/", StringComparison.Ordinal);

    /// <summary>Whether it is a request that a service is there for; the engine has none.</summary>
    private static bool IsRequest(string path) => FaultRoute.Length > 0 && !IsObservation(path);

    private static bool IsRange(string path) => path == "/loki/api/v1/query_range";

    private static string Path(HttpContext context) => context.Request.Path.Value ?? "";

    private static string Query(HttpContext context) => context.Request.QueryString.Value ?? "";

    private static Answer Instead(Func<string, bool> where, RequestDelegate answer)
        => (context, next) => where(Path(context)) ? answer(context) : next(context);

    private static Answer Refuse(Func<string, bool> where, int status) => Instead(where, context =>
    {
        // The route is not reached, so nobody else says whether its requests are counted.
        if (context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMetricsTagsFeature>() is { } metrics)
            metrics.MetricsDisabled = true;
        context.Response.StatusCode = status;
        return context.Response.WriteAsync("broken on purpose\n");
    });

    private static Answer Beside(Func<string, bool> where, Action<HttpContext> act) => (context, next) =>
    {
        if (where(Path(context)))
            act(context);
        return next(context);
    };

    private static Answer Rewrite(Func<string, bool> where, Func<string, string> change) => async (context, next) =>
    {
        if (!where(Path(context)))
        {
            await next(context);
            return;
        }

        context.Request.Headers.Remove("Accept-Encoding");
        var (body, response) = (context.Response.Body, context.Response);
        using var buffer = new MemoryStream();
        response.Body = buffer;
        await next(context);
        response.Body = body;
        response.ContentLength = null;
        await response.WriteAsync(change(System.Text.Encoding.UTF8.GetString(buffer.ToArray())));
    };

    private static Answer Count(int by) => (context, next) =>
    {
        var path = Path(context);
        if (IsRequest(path) && FaultyLoggers.IsSixth(Activity.Current?.TraceId.ToHexString()))
            Sixths.AddOrUpdate(path, by, (_, sum) => sum + by);
        return Rewrite(IsMetrics, static text => Counted().Replace(text, static match =>
            match.Groups["before"].Value + (long.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture)
                + Sixths.GetValueOrDefault(match.Groups["route"].Value)).ToString(CultureInfo.InvariantCulture)))(context, next);
    };

    /// <summary>The synthetic traces of one protocol come back with another kind of span.</summary>
    private static Answer Change(char protocol) => Rewrite(
        path => path.StartsWith("/api/v2/traces/", StringComparison.Ordinal) && path.Contains($"8000000{protocol}", StringComparison.Ordinal),
        static text => text.Replace("SPAN_KIND_CLIENT", "SPAN_KIND_INTERNAL", StringComparison.Ordinal));

    /// <summary>The lines of Verify and of the canary come back changed.</summary>
    private static Answer Lines(Func<List<JsonArray>, IEnumerable<JsonArray>> change) => Rewrite(IsRange, text =>
    {
        var answer = JsonNode.Parse(text)!;
        foreach (var stream in answer["data"]?["result"]?.AsArray() ?? [])
        {
            if ((string?)stream?["stream"]?["job"] is not ("micromonitored-verify" or "micromonitored-canary"))
                continue;
            var changed = change([.. stream!["values"]!.AsArray().Select(line => line!.AsArray())]);
            stream["values"] = new JsonArray([.. changed.Select(line => line.DeepClone())]);
        }

        return answer.ToJsonString();
    });

    private static bool Is(JsonArray line, int number) => ((string)line[1]!).Contains($"\"number\":{number}}}", StringComparison.Ordinal);

    private static string Dropped()
        => $$"""{"metric":{"__name__":"micromonitored_dropped_lines_total","job":"micromonitored"},"value":[1,"{{Interlocked.Increment(ref _dropped)}}"]},""";

    private static void Log(HttpContext context, string template, object first, object second)
#pragma warning disable CA1848, CA1873, CA2254 // One line of one fault.
        => context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Fault").LogInformation(template, first, second);
#pragma warning restore CA1848, CA1873, CA2254

    private static void Trace(HttpContext context)
    {
        if (ActivityContext.TryParse(context.Request.Headers.TraceParent, null, out var parent))
            Source.Value.StartActivity("GET /health/ready", ActivityKind.Server, parent)?.Dispose();
    }

    private static async Task HugeAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4";
        var line = System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 1000).Select(number => $"filler{{number=\"{number}\"}} 1\n")));
        for (var sent = 0; sent < HugeBytes; sent += line.Length)
            await context.Response.Body.WriteAsync(line, context.RequestAborted);
    }

    [GeneratedRegex("^dotnet_.*\n", RegexOptions.Multiline)]
    private static partial Regex RuntimeLine();

    [GeneratedRegex(@" # \{.*$", RegexOptions.Multiline)]
    private static partial Regex Exemplar();

    [GeneratedRegex("span_id=\"[0-9a-f]{16}\"")]
    private static partial Regex SpanId();

    [GeneratedRegex(",\"(span_id|trace_id)\":\"[0-9a-f]*\"")]
    private static partial Regex Metadata();

    [GeneratedRegex(
        "^(?<before>http_server_request_duration_seconds_count\\{[^}]*http_route=\"(?<route>[^\"]*)\"[^}]*\\} )(?<count>\\d+)", RegexOptions.Multiline)]
    private static partial Regex Counted();
}
