using System.Buffers;
using System.Globalization;
using System.Text.Json;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.Otlp;
using MicroMonitored.Embedded.Query.TraceQL;
using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Common.V1;

namespace MicroMonitored.Embedded.Web;

/// <summary>The HTTP API of Tempo, as far as it is answered here.</summary>
internal sealed class TempoApi(ISpanReader spans)
{
    private const string Paths =
        "/api/traces/<id> /api/v2/traces/<id> /api/search /api/search/tags /api/v2/search/tags /api/search/tag/<name>/values /api/v2/search/tag/<name>/values /api/echo /api/status/buildinfo /ready";

    // Attribute names and values are gathered from this many of the newest traces.
    private const int SampledTraces = 200;

    public async Task AnswerAsync(HttpContext context, CancellationToken cancellation)
    {
        var path = context.Request.Path.Value ?? "/";
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            await context.MethodNotAllowedAsync("GET, HEAD");
            return;
        }

        var parameters = await RequestParameters.ReadAsync(context.Request, cancellation);
        switch (path)
        {
            case "/ready":
                await context.TextAsync(200, "ready\n");
                break;
            case "/api/echo":
                await context.TextAsync(200, "echo");
                break;
            case "/api/search":
                await SearchAsync(context, parameters, cancellation);
                break;
            case "/api/search/tags":
                await TagsAsync(context, parameters, scoped: false, cancellation);
                break;
            case "/api/v2/search/tags":
                await TagsAsync(context, parameters, scoped: true, cancellation);
                break;
            case "/api/status/buildinfo":
                await context.BuildInfoAsync(enveloped: false);
                break;
            case not null when path.StartsWith("/api/traces/", StringComparison.Ordinal):
                await TraceAsync(context, path["/api/traces/".Length..], second: false, cancellation);
                break;
            case not null when path.StartsWith("/api/v2/traces/", StringComparison.Ordinal):
                await TraceAsync(context, path["/api/v2/traces/".Length..], second: true, cancellation);
                break;
            case not null when Tag(path, "/api/search/tag/") is { } tag:
                await TagValuesAsync(context, tag, typed: false, cancellation);
                break;
            case not null when Tag(path, "/api/v2/search/tag/") is { } tag:
                await TagValuesAsync(context, tag, typed: true, cancellation);
                break;
            default:
                await context.TextAsync(path == "/" ? 200 : 404,
                    $"MicroMonitored embedded engine, Tempo API: {path} is {(path == "/" ? "only this note" : "not supported")}. It answers {Paths}. Run the stack with --engine=docker for all of Tempo.\n");
                break;
        }
    }

    public static Task FailAsync(HttpContext context, Exception exception) => exception switch
    {
        QuerySyntaxException syntax => context.TextAsync(400, $"invalid TraceQL query: parse error at line 1, col {syntax.Offset + 1}: {syntax.Message}"),
        QueryParameterException parameter => context.TextAsync(400, $"invalid {parameter.Name}: {parameter.Message}"),
        QueryExecutionException or QueryLimitException => context.TextAsync(422, exception.Message),
        BadHttpRequestException bad => context.TextAsync(bad.StatusCode, bad.Message + "\n"),
        OperationCanceledException => context.TextAsync(504, $"query timed out after {QueryLimits.Time.TotalSeconds:0} s"),
        _ => context.TextAsync(503, exception.Message + "\n"),
    };

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private static string? Tag(string path, string prefix) =>
        path.StartsWith(prefix, StringComparison.Ordinal) && path.EndsWith("/values", StringComparison.Ordinal) && path.Length > prefix.Length + 7
            ? path[prefix.Length..^7]
            : null;

    /// <summary>Reads up to 32 hexadecimal digits; what is missing at the left is zero.</summary>
    public static byte[] TraceId(string text)
    {
        var bad = text.AsSpan().IndexOfAnyExcept(HexDigits);
        if (bad >= 0)
            throw new QueryParameterException("trace id", $"trace IDs can only contain hex characters: invalid character '{text[bad]}' at position {bad + 1}");
        if (text.Length is 0 or > 32)
            throw new QueryParameterException("trace id", "trace IDs have 1 to 32 hex characters");
        return Convert.FromHexString(text.PadLeft(32, '0'));
    }

    private async Task TraceAsync(HttpContext context, string text, bool second, CancellationToken cancellation)
    {
        var id = TraceId(text);
        var stored = spans.Trace(id, cancellation);
        if (stored.Count == 0)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            context.Response.ContentLength = 0;
            return;
        }

        var trace = new TraceView(id, stored);
        await context.JsonAsync(200, json =>
        {
            json.WriteStartObject();
            if (!second)
            {
                TraceJson.WriteResourceSpans(json, "batches", trace);
            }
            else
            {
                json.WriteStartObject("trace");
                TraceJson.WriteResourceSpans(json, "resourceSpans", trace);
                json.WriteEndObject();
                Metrics(json, trace.Bytes);
            }

            json.WriteEndObject();
        });
    }

    private static void Metrics(Utf8JsonWriter json, long bytes)
    {
        json.WriteStartObject("metrics");
        json.WriteString("inspectedBytes", bytes.ToString(CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    private static long? Seconds(RequestParameters parameters, string name)
    {
        if (parameters.Text(name) is not { } text)
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 9_000_000_000
            ? seconds * 1_000_000_000
            : throw new QueryParameterException(name, $"\"{text}\" is not seconds since the Unix epoch");
    }

    private static long? Duration(RequestParameters parameters, string name)
    {
        if (parameters.Text(name) is not { } text)
            return null;
        return Quantities.TryDuration(text, out var milliseconds)
            ? (long)(milliseconds * 1e6)
            : throw new QueryParameterException(name, $"\"{text}\" is not a duration such as 10ms");
    }

    private async Task SearchAsync(HttpContext context, RequestParameters parameters, CancellationToken cancellation)
    {
        var (start, end) = (Seconds(parameters, "start"), Seconds(parameters, "end"));
        if (start is null != end is null)
            throw new QueryParameterException("start/end", "please provide non-zero values for http parameters start and end");
        if (end <= start)
            throw new QueryParameterException("start/end", "http parameter start must be before end");

        var window = new TraceWindow(start, end, Duration(parameters, "minDuration"), Duration(parameters, "maxDuration"), parameters.Whole("limit", 20, 1, 1000));
        var perSet = parameters.Whole("spss", 3, 0, 1000);
        var query = parameters.Text("q");
        var condition = query is not null ? TraceParser.Parse(query) : TraceParser.Tags(parameters.Text("tags") ?? "");
        var finder = new TraceFinder(spans, cancellation);
        var found = finder.Find(condition, window);
        var fields = condition.Fields().Where(static f => f.Scope != TraceScope.Intrinsic).Distinct().ToList();
        await context.JsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("traces");
            foreach (var one in found)
                Found(json, one, query is null ? null : fields, perSet == 0 ? int.MaxValue : perSet);
            json.WriteEndArray();
            json.WriteStartObject("metrics");
            json.WriteNumber("inspectedTraces", finder.Inspected);
            json.WriteString("inspectedBytes", finder.InspectedBytes.ToString(CultureInfo.InvariantCulture));
            json.WriteNumber("completedJobs", 1);
            json.WriteNumber("totalJobs", 1);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private static void Found(Utf8JsonWriter json, FoundTrace found, List<TraceField>? fields, int perSet)
    {
        var trace = found.Trace;
        json.WriteStartObject();
        var id = trace.HexId.TrimStart('0');
        json.WriteString("traceID", id.Length == 0 ? "0" : id);
        json.WriteString("rootServiceName", trace.RootService);
        if (trace.RootName.Length > 0)
            json.WriteString("rootTraceName", trace.RootName);
        json.WriteString("startTimeUnixNano", trace.StartNs.ToString(CultureInfo.InvariantCulture));
        if (trace.DurationNs >= 1_000_000)
            json.WriteNumber("durationMs", trace.DurationNs / 1_000_000);
        if (fields is not null)
        {
            json.WritePropertyName("spanSet");
            SpanSet(json, found, fields, perSet);
            json.WriteStartArray("spanSets");
            SpanSet(json, found, fields, perSet);
            json.WriteEndArray();
            json.WriteStartObject("serviceStats");
            foreach (var service in trace.Spans.GroupBy(static s => s.Stored.ServiceName))
            {
                json.WriteStartObject(service.Key);
                json.WriteNumber("spanCount", service.Count());
                if (service.Count(static s => s.IsError) is > 0 and var errors)
                    json.WriteNumber("errorCount", errors);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void SpanSet(Utf8JsonWriter json, FoundTrace found, List<TraceField> fields, int perSet)
    {
        json.WriteStartObject();
        json.WriteStartArray("spans");
        foreach (var span in found.Matched.Take(perSet))
        {
            json.WriteStartObject();
            json.WriteString("spanID", span.SpanId);
            json.WriteString("name", span.Stored.Name);
            json.WriteString("startTimeUnixNano", span.Stored.StartNs.ToString(CultureInfo.InvariantCulture));
            json.WriteString("durationNanos", span.DurationNs.ToString(CultureInfo.InvariantCulture));
            var present = fields.Select(f => (f.Name, Value: f.Attribute(span))).Where(static f => f.Value is not null).ToList();
            if (present.Count > 0)
            {
                json.WriteStartArray("attributes");
                foreach (var (name, value) in present)
                {
                    json.WriteStartObject();
                    json.WriteString("key", name);
                    json.WritePropertyName("value");
                    TraceJson.Value(json, value!);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("matched", found.Matched.Count);
        json.WriteEndObject();
    }

    private (List<SpanView> Spans, long Bytes) Recent(CancellationToken cancellation)
    {
        var recent = new List<SpanView>();
        long bytes = 0;
        foreach (var id in spans.Search(new TraceSearch { Limit = SampledTraces }, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            var trace = new TraceView(id, spans.Trace(id, cancellation));
            recent.AddRange(trace.Spans);
            bytes += trace.Bytes;
        }

        return (recent, bytes);
    }

    private async Task TagsAsync(HttpContext context, RequestParameters parameters, bool scoped, CancellationToken cancellation)
    {
        var (recent, bytes) = Recent(cancellation);
        var scope = parameters.Text("scope") ?? "none";
        if (scope is not ("none" or "intrinsic" or "resource" or "span" or "event" or "link" or "instrumentation"))
            throw new QueryParameterException("scope", $"\"{scope}\" is none of intrinsic, resource, span");

        var intrinsic = TraceField.Intrinsics.Order(StringComparer.Ordinal).ToList();
        var resource = recent.SelectMany(static s => s.ResourceAttributes).Select(static a => a.Key).Distinct().Order(StringComparer.Ordinal).ToList();
        var span = recent.SelectMany(static s => s.Span.Attributes).Select(static a => a.Key).Distinct().Order(StringComparer.Ordinal).ToList();
        await context.JsonAsync(200, json =>
        {
            json.WriteStartObject();
            if (scoped)
            {
                json.WriteStartArray("scopes");
                foreach (var (name, tags) in new[] { ("intrinsic", intrinsic), ("resource", resource), ("span", span) })
                {
                    if (tags.Count == 0 || (scope != "none" && scope != name))
                        continue;
                    json.WriteStartObject();
                    json.WriteString("name", name);
                    Strings(json, "tags", tags);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }
            else
            {
                Strings(json, "tagNames", resource.Union(span).Order(StringComparer.Ordinal));
            }

            Metrics(json, bytes);
            json.WriteEndObject();
        });
    }

    private static void Strings(Utf8JsonWriter json, string property, IEnumerable<string> values)
    {
        json.WriteStartArray(property);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private async Task TagValuesAsync(HttpContext context, string tag, bool typed, CancellationToken cancellation)
    {
        var (recent, bytes) = Recent(cancellation);
        var values = Values(tag, recent, cancellation).Distinct().Take(1000).OrderBy(static v => v.Value, StringComparer.Ordinal).ToList();
        await context.JsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("tagValues");
            foreach (var (type, value) in values)
            {
                if (!typed)
                {
                    json.WriteStringValue(value);
                    continue;
                }

                json.WriteStartObject();
                json.WriteString("type", type);
                json.WriteString("value", value);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            Metrics(json, bytes);
            json.WriteEndObject();
        });
    }

    private IEnumerable<(string Type, string Value)> Values(string tag, List<SpanView> recent, CancellationToken cancellation)
    {
        switch (tag)
        {
            case "service.name" or "resource.service.name" or ".service.name":
                return spans.ServiceNames(cancellation).Select(static n => ("string", n));
            case "name" or "span:name":
                return spans.SpanNames(null, cancellation).Select(static n => ("string", n));
            case "status" or "span:status":
                return [("keyword", "error"), ("keyword", "ok"), ("keyword", "unset")];
            case "kind" or "span:kind":
                return Enumerable.Range(0, 6).Select(static kind => ("keyword", TraceField.KindName(kind)));
            case "rootServiceName" or "trace:rootService":
                return recent.Where(static s => s.IsRoot).Select(static s => ("string", s.Stored.ServiceName));
            case "rootName" or "trace:rootName":
                return recent.Where(static s => s.IsRoot).Select(static s => ("string", s.Stored.Name));
        }

        var name = tag;
        var (fromSpan, fromResource) = (true, true);
        if (tag.StartsWith("span.", StringComparison.Ordinal))
            (name, fromResource) = (tag[5..], false);
        else if (tag.StartsWith("resource.", StringComparison.Ordinal))
            (name, fromSpan) = (tag[9..], false);
        else if (tag.StartsWith('.'))
            name = tag[1..];
        return recent
            .SelectMany(s => (fromSpan ? s.Span.Attributes : Enumerable.Empty<KeyValue>()).Concat(fromResource ? s.ResourceAttributes : []))
            .Where(a => a.Key == name && a.Value is not null)
            .Select(static a => a.Value.ValueCase switch
            {
                AnyValue.ValueOneofCase.StringValue => ("string", a.Value.StringValue),
                AnyValue.ValueOneofCase.IntValue => ("int", a.Value.IntValue.ToString(CultureInfo.InvariantCulture)),
                AnyValue.ValueOneofCase.DoubleValue => ("float", Quantities.Format(a.Value.DoubleValue)),
                AnyValue.ValueOneofCase.BoolValue => ("bool", a.Value.BoolValue ? "true" : "false"),
                _ => ("", ""),
            })
            .Where(static v => v.Item1.Length > 0);
    }
}
