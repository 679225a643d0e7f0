using System.Globalization;
using System.Text;
using Google.Protobuf;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace Bench.Engine;

/// <summary>What services send: traces of six spans with random ids, and JSON lines as the template's services write them.</summary>
public sealed class Payloads(int seed)
{
    public const int SpansPerBody = 512;
    private const int SpansPerTrace = 6;
    private static readonly string[] Services = ["orders", "inventory", "payments", "shipping"];
    private static readonly string[] Routes = ["/orders", "/orders/{id}", "/stock/{sku}", "/payments", "/shipments/{id}", "/health/ready"];
    private static readonly string[] Levels = ["Information", "Information", "Information", "Information", "Information", "Warning", "Error"];

    private readonly Random _random = new(seed);
    private readonly byte[] _traceId = new byte[16];
    private byte[]? _parent;
    private int _inTrace;

    /// <summary>Requests of 512 spans, serialized, and the id of the last trace in each.</summary>
    public (List<byte[]> Bodies, List<string> Traces) Bodies(int count)
    {
        var (bodies, traces) = (new List<byte[]>(), new List<string>());
        for (var i = 0; i < count; i++)
        {
            var (body, trace) = Spans(DateTimeOffset.UtcNow);
            bodies.Add(body);
            traces.Add(trace);
        }

        return (bodies, traces);
    }

    /// <summary>Lines of about 280 bytes, as UTF-8.</summary>
    public byte[] Lines(int count)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
            Line(text, DateTimeOffset.UtcNow);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private (byte[] Body, string TraceId) Spans(DateTimeOffset now)
    {
        var service = Services[_random.Next(Services.Length)];
        var scope = new ScopeSpans { Scope = new InstrumentationScope { Name = "Microsoft.AspNetCore", Version = "10.0.0" } };
        var nanoseconds = (ulong)((now - DateTimeOffset.UnixEpoch).Ticks * 100);
        for (var i = 0; i < SpansPerBody; i++)
            scope.Spans.Add(Span(nanoseconds + ((ulong)i * 1_000_000)));
        var resource = new Resource
        {
            Attributes = { Text("service.name", service), Text("service.instance.id", Guid.NewGuid().ToString()), Text("telemetry.sdk.name", "opentelemetry"),
                Text("telemetry.sdk.language", "dotnet"), Text("telemetry.sdk.version", "1.20.1"), Text("host.name", "bench") },
        };
        var request = new ExportTraceServiceRequest { ResourceSpans = { new ResourceSpans { Resource = resource, ScopeSpans = { scope } } } };
        return (request.ToByteArray(), Convert.ToHexStringLower(_traceId));
    }

    private void Line(StringBuilder text, DateTimeOffset now)
    {
        Span<byte> ids = stackalloc byte[24];
        _random.NextBytes(ids);
        var route = Routes[_random.Next(Routes.Length)];
        text.Append(CultureInfo.InvariantCulture, $$"""
            {"timestamp":"{{now:yyyy-MM-ddTHH:mm:ss.fffffffZ}}","level":"{{Levels[_random.Next(Levels.Length)]}}","service":"orders",
            """).Append(CultureInfo.InvariantCulture, $$"""
            "category":"Shop.Orders.Requests","message":"GET {{route}} answered {{200 + _random.Next(4)}} in {{_random.NextDouble() * 100:0.0000}} ms",
            """).Append(CultureInfo.InvariantCulture, $$"""
            "trace_id":"{{Convert.ToHexStringLower(ids[..16])}}","span_id":"{{Convert.ToHexStringLower(ids[16..])}}","customer":{{_random.Next(100_000)}}}
            """).Append('\n');
    }

    private Span Span(ulong start)
    {
        if (_inTrace == 0)
            _random.NextBytes(_traceId);
        var id = new byte[8];
        _random.NextBytes(id);
        var span = new Span
        {
            TraceId = ByteString.CopyFrom(_traceId), SpanId = ByteString.CopyFrom(id), Kind = (Span.Types.SpanKind)_random.Next(1, 4),
            Name = "GET " + Routes[_random.Next(Routes.Length)], StartTimeUnixNano = start,
            EndTimeUnixNano = start + (ulong)_random.Next(1_000, 80_000_000),
            Attributes =
            {
                Text("http.request.method", "GET"), Text("http.route", Routes[_random.Next(Routes.Length)]), Text("url.scheme", "http"),
                Text("server.address", "127.0.0.1"), Number("server.port", 5000 + _random.Next(4)), Number("http.response.status_code", 200),
                Number("app.customer", _random.Next(100_000)),
            },
        };
        if (_random.Next(100) == 0)
            span.Status = new Status { Code = Status.Types.StatusCode.Error, Message = "the stock is empty" };
        if (_inTrace > 0)
            span.ParentSpanId = ByteString.CopyFrom(_parent);
        _parent = id;
        _inTrace = (_inTrace + 1) % SpansPerTrace;
        return span;
    }

    private static KeyValue Text(string key, string value) => new() { Key = key, Value = new AnyValue { StringValue = value } };

    private static KeyValue Number(string key, long value) => new() { Key = key, Value = new AnyValue { IntValue = value } };
}
