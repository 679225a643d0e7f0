namespace MicroMonitored.Verification.Probes;

/// <summary>A deterministic trace that no service emitted.</summary>
internal static class SyntheticTrace
{
    public const string Service = "micromonitored-verify";

    /// <summary>Four spans over two levels; every kind of attribute that the protocol can carry.</summary>
    public static IReadOnlyList<TraceSpan> Create(RunIdentity run, TraceProtocol protocol, DateTimeOffset now, int number = 0)
    {
        var source = RunIdentity.Synthetic + (uint)protocol;
        var traceId = run.TraceId(source, number);
        // Zipkin and Jaeger carry microseconds.
        var precise = protocol is TraceProtocol.OtlpGrpc or TraceProtocol.OtlpHttpProtobuf or TraceProtocol.OtlpHttpJson;
        var begin = ((now - DateTimeOffset.UnixEpoch).Ticks / 10 * 1000) + (precise ? 7 : 0);
        Dictionary<string, object> Attributes(string step)
        {
            var attributes = new Dictionary<string, object>(StringComparer.Ordinal) { ["verify.run"] = run.Id, ["verify.step"] = step };
            if (protocol != TraceProtocol.Zipkin)
            {
                attributes["verify.whole"] = 42L;
                attributes["verify.ratio"] = 0.25;
                attributes["verify.flag"] = true;
            }
            return attributes;
        }
        TraceSpan Span(int index, int? parent, string name, SpanKind kind, long startNs, long endNs) => new(
            traceId,
            run.SpanId(source, (number * 16) + index),
            parent is { } above ? run.SpanId(source, (number * 16) + above) : null,
            name,
            kind,
            begin + startNs,
            begin + endNs,
            Service,
            Attributes(name));
        return
        [
            Span(0, null, Name(run), SpanKind.Server, 0, 9_000_000),
            Span(1, 0, "verify call", SpanKind.Client, 1_000_000, 8_000_000),
            Span(2, 1, "verify callee", SpanKind.Server, 2_000_000, 7_000_000),
            Span(3, 2, "verify publish", SpanKind.Producer, 3_000_000, 4_000_000) with { IsError = precise },
        ];
    }

    /// <summary>The root's name, of this run alone.</summary>
    public static string Name(RunIdentity run) => $"verify {run.Id}";
}
