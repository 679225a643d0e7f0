using System.Buffers;
using System.Globalization;
using MicroMonitored.Embedded.Hosting;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.Otlp;
using MicroMonitored.Embedded.Query.TraceQL;
using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Common.V1;

namespace MicroMonitored.Embedded.Web;

/// <summary>The HTTP API of Tempo, as far as it is answered here.</summary>
internal sealed class TempoApi(ISpanReader spans, TimeProvider time) : ProductApi
{
    // Attribute names and values are gathered from this many of the newest traces.
    private const int SampledTraces = 200;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    protected override string Product => "Tempo";

    public override void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/ready", Read, static () => Answers.Text("ready\n")).WithMetadata(new AnswersAnyone());
        routes.MapMethods("/api/echo", Read, static () => Answers.Text("echo"));
        routes.MapMethods("/api/traces/{id}", Read, (string id, CancellationToken cancellation) =>
            Trace(id, static trace => Answers.Json(new TempoBatches(TempoResource.Of(trace))), cancellation));
        routes.MapMethods("/api/v2/traces/{id}", Read, Export);
        routes.MapMethods("/api/search", Read, Search);
        routes.MapMethods("/api/search/tags", Read, TagNames);
        routes.MapMethods("/api/v2/search/tags", Read, TagScopes);
        routes.MapMethods("/api/search/tag/{tag}/values", Read, (string tag, CancellationToken cancellation) =>
            TagValues(tag, static value => value.Value, cancellation));
        routes.MapMethods("/api/v2/search/tag/{tag}/values", Read, (string tag, CancellationToken cancellation) =>
            TagValues(tag, static value => value, cancellation));
        routes.MapMethods("/api/metrics/query_range", Read, (RequestParameters parameters, CancellationToken cancellation) =>
            TempoMeasured.Range(spans, parameters, time.GetUtcNow(), cancellation));
        routes.MapMethods("/api/metrics/query", Read, (RequestParameters parameters, CancellationToken cancellation) =>
            TempoMeasured.Instant(spans, parameters, time.GetUtcNow(), cancellation));
        routes.MapMethods("/api/status/buildinfo", Read, static () => Answers.Json(BuildInfo.Own));
    }

    protected override IResult FailQuery(Exception exception) => exception switch
    {
        QuerySyntaxException syntax => Answers.Text($"invalid TraceQL query: parse error at line 1, col {syntax.Offset + 1}: {syntax.Message}", 400),
        QueryParameterException parameter => Answers.Text($"invalid {parameter.Name}: {parameter.Message}", 400),
        QueryExecutionException or QueryLimitException => Answers.Text(exception.Message, 422),
        OperationCanceledException => Answers.Text($"query timed out after {QueryLimits.Time.TotalSeconds:0} s", 504),
        _ => Answers.Text(exception.Message + "\n", 503),
    };

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

    /// <summary>The trace as <c>/api/v2/traces</c> gives it.</summary>
    public IResult Export(string id, CancellationToken cancellation) =>
        Trace(id, static trace => Answers.Json(new TempoTrace(new(TempoResource.Of(trace)), new(trace.Bytes))), cancellation);

    private IResult Trace(string text, Func<TraceView, IResult> answer, CancellationToken cancellation)
    {
        var id = TraceId(text);
        var stored = spans.Trace(id, cancellation);
        return stored.Count == 0 ? TypedResults.NotFound() : answer(new(id, stored));
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

    private IResult Search(RequestParameters parameters, CancellationToken cancellation)
    {
        var (start, end) = (Seconds(parameters, "start"), Seconds(parameters, "end"));
        if (start is null != end is null)
            throw new QueryParameterException("start/end", "please provide non-zero values for http parameters start and end");
        if (end <= start)
            throw new QueryParameterException("start/end", "http parameter start must be before end");

        var (shortest, longest) = (Duration(parameters, "minDuration"), Duration(parameters, "maxDuration"));
        var window = new TraceWindow(start, end, shortest, longest, parameters.Whole("limit", 20, 1, 1000));
        var perSet = parameters.Whole("spss", 3, 0, 1000);
        var text = parameters.Text("q");
        var query = text is not null ? TraceParser.Parse(text) : TraceParser.Tags(parameters.Text("tags") ?? "");
        var finder = new TraceFinder(spans, cancellation);
        var found = finder.Find(query, window);
        var fields = query.Fields().Where(static field => field.IsShown).Distinct().ToList();
        return Answers.Json(new TempoSearch(
            found.Select(one => Found(one, text is null ? null : [.. one.Sets.Select(set => SpanSet(one.Trace, set, fields, perSet))])),
            new(finder.Inspected, finder.InspectedBytes, 1, 1)));
    }

    private static TempoFound Found(FoundTrace found, TempoSpanSet[]? sets)
    {
        var trace = found.Trace;
        return new(
            trace.HexId.TrimStart('0') is { Length: > 0 } id ? id : "0",
            trace.RootService,
            trace.RootName.Length > 0 ? trace.RootName : null,
            trace.StartNs,
            trace.DurationNs >= 1_000_000 ? trace.DurationNs / 1_000_000 : null,
            sets?[0],
            sets,
            sets is null ? null : trace.Spans.GroupBy(static span => span.Stored.ServiceName).ToDictionary(
                static service => service.Key,
                static service => new TempoServiceStats(service.Count(), service.Count(static span => span.IsError) is > 0 and var errors ? errors : null)));
    }

    private static TempoSpanSet SpanSet(TraceView trace, TraceSpanset set, List<TraceField> fields, int perSet) => new(
        [.. set.Spans.Take(perSet == 0 ? int.MaxValue : perSet).Select(span => new TempoSpan(
            span.SpanId, span.Stored.Name, span.Stored.StartNs, span.DurationNs,
            Attributes(from field in fields
                       let value = field.Of(trace, span)
                       where value is not null
                       select new KeyValuePair<string, object?>(field.ShownName, value))))],
        set.Spans.Count,
        Attributes(set.Attributes));

    private static Protobuf[]? Attributes(IEnumerable<KeyValuePair<string, object?>> values) =>
        values.Select(static pair => new Protobuf(new KeyValue { Key = pair.Key, Value = TraceValues.Otlp(pair.Value) })).ToArray()
            is { Length: > 0 } all ? all : null;

    private (List<SpanView> Spans, TempoMetrics Metrics) Recent(CancellationToken cancellation)
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

        return (recent, new(bytes));
    }

    private static List<string> Keys(IEnumerable<KeyValue> attributes) =>
        [.. attributes.Select(static attribute => attribute.Key).Distinct().Order(StringComparer.Ordinal)];

    private IResult TagNames(CancellationToken cancellation)
    {
        var (recent, metrics) = Recent(cancellation);
        return Answers.Json(new TempoTagNames(Keys(recent.SelectMany(static span => span.Resource.Attributes.Concat(span.Span.Attributes))), metrics));
    }

    private IResult TagScopes(RequestParameters parameters, CancellationToken cancellation)
    {
        var scope = parameters.Text("scope") ?? "none";
        if (scope is not ("none" or "intrinsic" or "resource" or "span" or "event" or "link" or "instrumentation"))
            throw new QueryParameterException("scope", $"\"{scope}\" is none of intrinsic, resource, span, event, link, instrumentation");

        var (recent, metrics) = Recent(cancellation);
        TempoTagScope[] scopes =
        [
            new("intrinsic", [.. TraceField.Intrinsics.Order(StringComparer.Ordinal)]),
            new("resource", Keys(recent.SelectMany(static span => span.Resource.Attributes))),
            new("span", Keys(recent.SelectMany(static span => span.Span.Attributes))),
            .. from place in (TraceScope[])[TraceScope.Event, TraceScope.Link, TraceScope.Instrumentation]
               let field = new TraceField(place, "")
               select new TempoTagScope(place.ToString().ToLowerInvariant(), Keys(recent.SelectMany(field.Attributes))),
        ];
        return Answers.Json(new TempoTagScopes(scopes.Where(one => one.Tags.Count > 0 && (scope == "none" || scope == one.Name)), metrics));
    }

    private IResult TagValues<T>(string tag, Func<TempoTagValue, T> shown, CancellationToken cancellation)
    {
        var (recent, metrics) = Recent(cancellation);
        var values = Values(tag, recent, cancellation).Distinct().Take(1000).OrderBy(static value => value.Value, StringComparer.Ordinal).Select(shown);
        return Answers.Json(new TempoTagValues<T>([.. values], metrics));
    }

    private IEnumerable<TempoTagValue> Values(string tag, List<SpanView> recent, CancellationToken cancellation) => tag switch
    {
        "service.name" or "resource.service.name" or ".service.name" => spans.ServiceNames(cancellation).Select(Text),
        "name" or "span:name" => spans.SpanNames(null, cancellation).Select(Text),
        "status" or "span:status" => [new("keyword", "error"), new("keyword", "ok"), new("keyword", "unset")],
        "kind" or "span:kind" => Enumerable.Range(0, 6).Select(static kind => new TempoTagValue("keyword", TraceField.KindName(kind))),
        "rootServiceName" or "trace:rootService" => recent.Where(static span => span.IsRoot).Select(static span => Text(span.Stored.ServiceName)),
        "rootName" or "trace:rootName" => recent.Where(static span => span.IsRoot).Select(static span => Text(span.Stored.Name)),
        _ => Attributes(TraceField.FromTag(tag), recent),
    };

    private static IEnumerable<TempoTagValue> Attributes(TraceField field, List<SpanView> recent) => recent
        .SelectMany(field.Attributes)
        .Where(attribute => attribute.Key == field.Name)
        .Select(static attribute => Typed(attribute.Value))
        .OfType<TempoTagValue>();

    private static TempoTagValue Text(string value) => new("string", value);

    private static TempoTagValue? Typed(AnyValue? value) => value?.ValueCase switch
    {
        AnyValue.ValueOneofCase.StringValue => Text(value.StringValue),
        AnyValue.ValueOneofCase.IntValue => new("int", value.IntValue.ToString(CultureInfo.InvariantCulture)),
        AnyValue.ValueOneofCase.DoubleValue => new("float", Quantities.Format(value.DoubleValue)),
        AnyValue.ValueOneofCase.BoolValue => new("bool", value.BoolValue ? "true" : "false"),
        _ => null,
    };
}
