using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using MicroMonitored.Verification.Probes;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace MicroMonitored.Verification.Tests;

/// <content>Receivers and the answers of Prometheus, Loki and Tempo.</content>
internal sealed partial class StackDouble
{
    private async Task GrpcAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer);
        var body = buffer.ToArray()[5..];
        var status = 200;
        switch (context.Request.Path.Value!.Split('/')[^2].Split('.')[^1])
        {
            case "MetricsService":
                (status, _) = Pushed(body);
                break;
            case "LogsService":
                (status, _) = Logged(body);
                break;
            default:
                var spans = OtlpTraces.Spans(ExportTraceServiceRequest.Parser.ParseFrom(body).ResourceSpans).ToList();
                Store(_fault == Fault.GrpcSpanLost ? spans[..^1] : spans);
                break;
        }
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", status == 200 ? "0" : "12");
    }

    private (int, string) Logged(byte[] body)
    {
        if (_fault == Fault.OtlpLogsRefused)
            return (404, "no such receiver");
        var resource = ExportLogsServiceRequest.Parser.ParseFrom(body).ResourceLogs.Single();
        var job = resource.Resource.Attributes.Single(attribute => attribute.Key == "service.name").Value.StringValue;
        lock (_gate)
        {
            foreach (var record in resource.ScopeLogs.SelectMany(scope => scope.LogRecords))
            {
                for (var time = 0; time < (_fault == Fault.OtlpLogDoubled ? 2 : 1); time++)
                    _lines.Add(new Line(job, (long)record.TimeUnixNano, record.Body.StringValue, new() { ["service_name"] = job }, []));
            }
        }
        return (200, "");
    }

    private (int, string) Taken(ExportTraceServiceRequest request, Func<TraceSpan, TraceSpan> change)
    {
        Store([.. OtlpTraces.Spans(request.ResourceSpans).Select(change)]);
        return (202, "{}");
    }

    private (int, string) Query(string expression)
    {
        lock (_gate)
        {
            var match = JobOf().Match(expression);
            if (match.Success && expression.StartsWith("sum by", StringComparison.Ordinal))
            {
                var job = match.Groups[1].Value;
                return Vector(_scraped[job].Select(route =>
                    (new Dictionary<string, string> { ["job"] = job, ["http_route"] = route.Key },
                    route.Value + (_fault == Fault.ScrapedTwice && job == Orders && route.Value > 0 ? 1 : 0))));
            }
            if (match.Success && expression.Contains("http_route=\"/fault\"", StringComparison.Ordinal))
                return Vector([([], _scraped[match.Groups[1].Value].GetValueOrDefault("/fault"))]);
            if (expression == "{job=\"micromonitored\"}")
            {
                var labels = new Dictionary<string, string> { ["__name__"] = "micromonitored_dropped_log_lines_total", ["job"] = "micromonitored" };
                return Vector(_fault == Fault.LinesDropped ? [(labels, _dropped)] : []);
            }
            if (expression.StartsWith("dotnet_", StringComparison.Ordinal))
                return Vector(_fault == Fault.RuntimeMeterOff || !Up(match.Groups[1].Value) ? [] : [([], 1)]);
            if (expression.StartsWith("micromonitored_verify_value", StringComparison.Ordinal))
                return Vector(_pushed.Where(pair => expression.Contains(pair.Key, StringComparison.Ordinal))
                    .Select(pair => (new Dictionary<string, string>(), pair.Value)));
            if (expression.Contains("traces_service_graph_request_total", StringComparison.Ordinal))
                return Vector(_edges > 0 ? [([], _edges)] : []);
        }
        return (400, """{"status":"error","errorType":"bad_data","error":"unsupported"}""");
    }

    private (int, string) Targets()
    {
        lock (_gate)
        {
            return (200, new JsonObject
            {
                ["status"] = "success",
                ["data"] = new JsonObject
                {
                    ["activeTargets"] =
                        new JsonArray([.. _counters.Keys.Where(job => _fault != Fault.TargetMissing || job != Orders).Select(job => new JsonObject
                    {
                        ["labels"] = new JsonObject { ["job"] = job, ["instance"] = "127.0.0.1:1" },
                        ["scrapeUrl"] = $"http://{job}/metrics",
                        ["health"] = Up(job) ? "up" : "down",
                        ["lastError"] = Up(job) ? "" : "server returned HTTP status 500",
                        ["lastScrape"] = (_lastScrape.TryGetValue(job, out var last) ? last : DateTimeOffset.MinValue).ToString("O"),
                    })]),
                },
            }.ToJsonString());
        }
    }

    private (int, string) Exemplars(string expression)
    {
        lock (_gate)
        {
            return (200, new JsonObject
            {
                ["status"] = "success",
                ["data"] = new JsonArray([.. _scrapedExemplars.Where(of => expression.Contains($"\"{of.Job}\"", StringComparison.Ordinal))
                    .Select(exemplar => new JsonObject
                {
                    ["seriesLabels"] = new JsonObject { ["job"] = exemplar.Job, ["le"] = "0.005" },
                    ["exemplars"] = new JsonArray(new JsonObject
                    {
                        ["labels"] = new JsonObject { ["trace_id"] = exemplar.TraceId, ["span_id"] = exemplar.SpanId }, ["value"] = "0.001",
                            ["timestamp"] = 1.5,
                    }),
                })]),
            }.ToJsonString());
        }
    }

    private (int, string) Rules() => (200, _fault == Fault.RulesMissing
        ? """{"status":"success","data":{"groups":[]}}"""
        : _fault == Fault.RuleBroken
            ? """{"status":"success","data":{"groups":[{"name":"services","rules":[{"name":"ServiceDown","health":"err","lastError":"unknown function"}]}]}}"""
            : """{"status":"success","data":{"groups":[{"name":"services","rules":[{"name":"ServiceDown","health":"ok"}]}]}}""");

    private (int, string) Pushed(byte[] body)
    {
        if (_fault == Fault.OtlpMetricsRefused)
            return (404, "otlp write receiver needs to be enabled");
        var metric = ExportMetricsServiceRequest.Parser.ParseFrom(body).ResourceMetrics.Single().ScopeMetrics.Single().Metrics.Single();
        var point = metric.Gauge.DataPoints.Single();
        lock (_gate)
            _pushed[point.Attributes.Single().Value.StringValue] = point.AsDouble + (_fault == Fault.OtlpMetricChanged ? 1 : 0);
        return (200, "");
    }

    private (int, string) Range(string query, long start, int limit)
    {
        var match = LogQuery().Match(query);
        if (!match.Success)
            return (400, $"parse error: {query}");
        var (label, value, text, traceId) = (match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value, match.Groups[4].Value);
        lock (_gate)
        {
            var found = _lines
                .Where(line => line.Labels.GetValueOrDefault(label) == value && line.TimestampNs >= start && line.Text.Contains(text, StringComparison.Ordinal)
                    && (traceId.Length == 0 || line.Metadata.GetValueOrDefault("trace_id") == traceId))
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
                        ["values"] = new JsonArray([.. stream.Select(
                            line => new JsonArray($"{line.TimestampNs}", line.Text, new JsonObject { ["structuredMetadata"] = Map(line.Metadata) }))]),
                    })]),
                },
            }.ToJsonString());
        }
    }

    private (int, string) Series(string matcher)
    {
        lock (_gate)
        {
            var streams = _lines.Where(line => matcher.Contains($"\"{line.Job}\"", StringComparison.Ordinal)).DistinctBy(line => string.Join(',', line.Labels));
            return (200, new JsonObject { ["status"] = "success", ["data"] = new JsonArray([.. streams.Select(line => Map(line.Labels))]) }.ToJsonString());
        }
    }

    private (int, string) Push(byte[] body)
    {
        if (_fault == Fault.PushRefused)
            return (429, "ingestion rate limit exceeded");
        var stream = JsonNode.Parse(body)!["streams"]![0]!;
        var job = stream["stream"]!["job"]!.GetValue<string>();
        lock (_gate)
            _lines.Add(new Line(job, long.Parse(stream["values"]![0]![0]!.GetValue<string>()), stream["values"]![0]![1]!.GetValue<string>(),
                new() { ["service_name"] = job }, []));
        return (204, "");
    }

    private (int, string) Search(string query)
    {
        var service = SearchService().Match(query).Groups[1].Value;
        var name = SearchName().Match(query).Groups[1].Value;
        lock (_gate)
        {
            var found = _fault == Fault.SearchHidesTheNewest ? []
                : _traces.Where(trace => trace.Value.Any(span => span.Service == service && (name.Length == 0 || span.Name == name)));
            return (200, new JsonObject { ["traces"] = new JsonArray(
                [.. found.Select(trace => new JsonObject { ["traceID"] = trace.Key.TrimStart('0') })]) }.ToJsonString());
        }
    }

    private (int, string) Trace(string traceId)
    {
        lock (_gate)
        {
            if (!_traces.TryGetValue(traceId, out var spans))
                return (404, "");
            var data = new TracesData { ResourceSpans = { OtlpTraces.Request(spans).ResourceSpans } };
            return (200, $"{{\"trace\":{JsonFormatter.Default.Format(data)}}}");
        }
    }

    private static (int, string) Vector(IEnumerable<(Dictionary<string, string> Labels, double Value)> samples) =>
        (200, new JsonObject
        {
            ["status"] = "success",
            ["data"] = new JsonObject
            {
                ["resultType"] = "vector",
                ["result"] = new JsonArray([.. samples.Select(
                    sample => new JsonObject { ["metric"] = Map(sample.Labels),
                    ["value"] = new JsonArray(1.5, sample.Value.ToString(CultureInfo.InvariantCulture)) })]),
            },
        }.ToJsonString());

    private static JsonObject Map(IEnumerable<KeyValuePair<string, string>> map) =>
        new(map.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));

    [GeneratedRegex("job=\"([^\"]*)\"")]
    private static partial Regex JobOf();

    [GeneratedRegex("^\\{(\\w+)=\"([^\"]*)\"\\}(?: \\|= \"([^\"]*)\")?(?: \\| trace_id=\"([^\"]*)\")?$")]
    private static partial Regex LogQuery();

    [GeneratedRegex("service\\.name = \"([^\"]*)\"")]
    private static partial Regex SearchService();

    [GeneratedRegex("&& name = \"([^\"]*)\"")]
    private static partial Regex SearchName();
}
