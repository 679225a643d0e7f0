using System.Text;
using CsCheck;
using MicroMonitored.Protocols;
using MicroMonitored.Protocols.Otlp;
using MicroMonitored.Protocols.Zipkin;
using OpenTelemetry.Proto.Trace.V1;
using SpanKind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind;

namespace Protocols.Tests;

public sealed class ZipkinTests
{
    private const string Written =
        """[{"traceId":"00000000000000010000000000000002","id":"00000000000000a1","parentId":"00000000000000a0","name":"call","kind":"CLIENT",""" +
        """
        "timestamp":1795394188000001,"duration":250,"localEndpoint":{"serviceName":"zip"},
        """ +
        """
        "annotations":[{"timestamp":1795394188000002,"value":"sent"}],"tags":{"http.method":"GET","error":"boom"}}]
        """;

    [Fact]
    public void Spans_are_read_and_written_as_Zipkin_has_them()
    {
        var request = ZipkinReader.Read(Encoding.UTF8.GetBytes(Written));
        var resource = request.ResourceSpans.Single();
        Assert.Equal(OtlpValues.Text("service.name", "zip"), resource.Resource.Attributes.Single());
        Assert.Equal(
            new Span
            {
                TraceId = OtlpValues.Id(1, 2), SpanId = OtlpValues.Id(0xa1), ParentSpanId = OtlpValues.Id(0xa0), Name = "call", Kind = SpanKind.Client,
                StartTimeUnixNano = 1795394188000001000, EndTimeUnixNano = 1795394188000251000,
                Attributes = { OtlpValues.Text("http.method", "GET") },
                Events = { new Span.Types.Event { TimeUnixNano = 1795394188000002000, Name = "sent" } },
                Status = new Status { Code = Status.Types.StatusCode.Error, Message = "boom" },
            },
            resource.ScopeSpans.Single().Spans.Single());
        Assert.Equal(Written, Encoding.UTF8.GetString(ZipkinWriter.Write(request)));
    }

    [Fact]
    public void What_is_written_is_read_back() =>
        Spans.Requests(typed: false).Sample(request => Assert.Equal(request, ZipkinReader.Read(ZipkinWriter.Write(request))), iter: 500);

    [Fact]
    public void More_spans_than_the_limit_are_refused() =>
        Assert.Equal("More than 1 spans in one body.", Assert.Throws<LimitException>(() => ZipkinReader.Read("[{},{}]"u8.ToArray(), maxSpans: 1)).Message);

    [Theory]
    [InlineData("{}")]
    [InlineData("[{}]")]
    [InlineData("""[{"traceId":"x","id":"1"}]""")]
    [InlineData("""[{"traceId":"1","id":"1","timestamp":-1}]""")]
    [InlineData("""[{"traceId":"1","id":"1","timestamp":18446744073709551615}]""")]
    public void What_is_no_list_of_spans_is_refused(string json) =>
        Assert.Throws<FormatException>(() => ZipkinReader.Read(Encoding.UTF8.GetBytes(json)));
}
