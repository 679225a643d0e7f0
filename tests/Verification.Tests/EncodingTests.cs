using System.Text.Json.Nodes;
using CsCheck;
using Google.Protobuf;
using MicroMonitored.Protocols.Exposition;
using MicroMonitored.Protocols.Jaeger;
using MicroMonitored.Protocols.Otlp;
using MicroMonitored.Protocols.Zipkin;
using MicroMonitored.Verification.Probes;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace MicroMonitored.Verification.Tests;

/// <summary>Each protocol's bytes, read back, are the trace that was to be sent.</summary>
public sealed class EncodingTests
{
    private static readonly RunIdentity Run = new(0x0123456789abcdef);
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 1, 2, 3, TimeSpan.Zero);

    [Fact]
    public void Otlp_protobuf() => Same(TraceProtocol.OtlpGrpc, request => ExportTraceServiceRequest.Parser.ParseFrom(request.ToByteArray()));

    [Fact]
    public void Otlp_json() => Same(TraceProtocol.OtlpHttpJson, request => OtlpJson.Parse<ExportTraceServiceRequest>(OtlpJson.Format(request)));

    [Fact]
    public void Zipkin() => Same(TraceProtocol.Zipkin, request => ZipkinReader.Read(ZipkinWriter.Write(request)));

    [Fact]
    public void Jaeger() => Same(TraceProtocol.Jaeger, request => JaegerReader.Read(JaegerWriter.Write(request.ResourceSpans.Single())));

    [Fact]
    public void A_span_is_the_same_in_its_own_words_and_in_those_of_Otlp()
    {
        var sent = SyntheticTrace.Create(Run, TraceProtocol.OtlpGrpc, Now)[3];
        var resource = OtlpTraces.Request([sent]).ResourceSpans.Single();
        var span = resource.ScopeSpans.Single().Spans.Single();

        Assert.Equal("""{ "attributes": [ { "key": "service.name", "value": { "stringValue": "micromonitored-verify" } } ] }""", resource.Resource.ToString());
        Assert.Equal((sent.TraceId, sent.SpanId, sent.ParentId), (Hex(span.TraceId), Hex(span.SpanId), Hex(span.ParentSpanId)));
        Assert.Equal(("verify publish", SpanKind.Producer, Status.Types.StatusCode.Error), (span.Name, span.Kind, span.Status.Code));
        Assert.Equal((1795395723003000007UL, 1795395723004000007UL), (span.StartTimeUnixNano, span.EndTimeUnixNano));
        Assert.Equal(
            ["verify.run: 0123456789abcdef", "verify.step: verify publish", "verify.whole: 42", "verify.ratio: 0.25", "verify.flag: true"],
            span.Attributes.Select(attribute => $"{attribute.Key}: {JsonNode.Parse(attribute.Value.ToString())!.AsObject().Single().Value}"));
    }

    [Fact]
    public void Gauge()
    {
        var resource = ExportMetricsServiceRequest.Parser.ParseFrom(
            OtlpTraces.Gauge("verify", "a_metric", Run.Id, 12.5, 1).ToByteArray()).ResourceMetrics.Single();
        var metric = resource.ScopeMetrics.Single().Metrics.Single();
        var point = metric.Gauge.DataPoints.Single();

        Assert.Equal(("verify", "a_metric"), (resource.Resource.Attributes.Single().Value.StringValue, metric.Name));
        Assert.Equal(("run_id", Run.Id), (point.Attributes.Single().Key, point.Attributes.Single().Value.StringValue));
        Assert.Equal((12.5, 1UL), (point.AsDouble, point.TimeUnixNano));
    }

    [Fact]
    public void Ids_are_deterministic_and_of_their_length()
    {
        Assert.Equal("0123456789abcdef0000000200000007", Run.TraceId(2, 7));
        Assert.Equal(16, Run.SpanId(2, 7).Length);
        Assert.NotEqual(Run.SpanId(2, 7), Run.SpanId(3, 7));
        Assert.StartsWith("0", RunIdentity.Create().Id, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_span_differs() =>
        Gen.Int[0, 6].Sample(field =>
        {
            var sent = SyntheticTrace.Create(Run, TraceProtocol.OtlpGrpc, Now);
            var span = sent[2];
            TraceSpan changed = field switch
            {
                0 => span with { ParentId = null },
                1 => span with { Name = "other" },
                2 => span with { Kind = SpanKind.Internal },
                3 => span with { StartNs = span.StartNs + 1 },
                4 => span with { Service = "other" },
                5 => span with { IsError = !span.IsError },
                _ => span with { Attributes = new Dictionary<string, object>(span.Attributes) { ["verify.whole"] = 43L } },
            };
            return TraceComparison.Differences(sent, [sent[0], sent[1], changed, sent[3]], true).Count == 1
                && TraceComparison.Differences(sent, sent, true).Count == 0
                && TraceComparison.Differences(sent, [.. sent, changed], true).Count > 0
                && TraceComparison.Differences(sent, [sent[0]], true).Count == 3;
        });

    [Fact]
    public void Line_faults_find_every_loss_double_stranger_and_swap() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 3]).Sample((at, kind) =>
        {
            string[] all = [.. Enumerable.Range(0, 10).Select(number => $"n{number}")];
            List<string> found = [.. all];
            switch (kind)
            {
                case 0: found.RemoveAt(at); break;
                case 1: found.Add(all[at]); break;
                case 2: found.Insert(at, "stranger"); break;
                default: (found[at], found[(at + 1) % 10]) = (found[(at + 1) % 10], found[at]); break;
            }
            var faults = LineFaults.Of([all], found);
            return LineFaults.Of([all], all).None && kind switch
            {
                0 => faults is { Missing.Count: 1, Doubled.Count: 0 },
                1 => faults is { Doubled.Count: 1, Missing.Count: 0 },
                2 => faults is { Unexpected.Count: 1, Missing.Count: 0 },
                _ => faults.OutOfOrder > 0,
            };
        });

    [Fact]
    public void Exposition_reader_takes_any_text() =>
        Gen.String.Sample(text => ExpositionParser.Read(text, _ => true).All(sample => sample.Name.Length > 0));

    [Fact]
    public void Exposition_reader_unescapes_labels()
    {
        var sample = Assert.Single(ExpositionParser.Read("a_total{p=\"x\\\"y\\\\z\\n\",q=\"}\"} 3 # {trace_id=\"1\"} 0.5\n", _ => true));

        Assert.Equal(("x\"y\\z\n", "}", 3d), (sample.Label("p"), sample.Label("q"), sample.Value));
    }

    private static void Same(TraceProtocol protocol, Func<ExportTraceServiceRequest, ExportTraceServiceRequest> roundTrip)
    {
        var sent = SyntheticTrace.Create(Run, protocol, Now);

        var read = OtlpTraces.Spans(roundTrip(OtlpTraces.Request(sent)).ResourceSpans).ToList();
        Assert.Empty(TraceComparison.Differences(sent, read, exactAttributes: true));
    }

    private static string Hex(ByteString id) => Convert.ToHexStringLower(id.Span);
}
