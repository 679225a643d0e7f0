using Google.Protobuf;
using Google.Protobuf.Collections;
using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace MicroMonitored.Embedded.Query.Otlp;

/// <summary>A stored span with its OTLP messages read.</summary>
internal sealed record SpanView(StoredSpan Stored, Span Span, Resource Resource, InstrumentationScope Scope)
{
    public RepeatedField<KeyValue> ResourceAttributes => Resource.Attributes;

    public long DurationNs => Math.Max(0, Stored.EndNs - Stored.StartNs);

    public bool IsError => Span.Status?.Code == Status.Types.StatusCode.Error;

    public string SpanId => Convert.ToHexStringLower(Stored.SpanId);

    public bool IsRoot => Stored.ParentSpanId is not { Length: > 0 } parent || parent.All(static b => b == 0);

    /// <summary>Reads the messages; what cannot be read counts as empty, what stands beside it stays.</summary>
    /// <param name="known">The resources and scopes read so far by their bytes, which many spans share.</param>
    public static SpanView Read(StoredSpan stored, Dictionary<byte[], IMessage> known) => new(
        stored,
        Parse(Span.Parser, stored.Span),
        Shared(Resource.Parser, stored.Resource, known),
        Shared(InstrumentationScope.Parser, stored.Scope, known));

    private static T Shared<T>(MessageParser<T> parser, byte[] bytes, Dictionary<byte[], IMessage> known) where T : class, IMessage<T>, new()
    {
        if (known.TryGetValue(bytes, out var message) && message is T same)
            return same;
        var read = Parse(parser, bytes);
        known[bytes] = read;
        return read;
    }

    private static T Parse<T>(MessageParser<T> parser, byte[] bytes) where T : IMessage<T>, new()
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return new T();
        }
    }
}

/// <summary>All spans of one trace by start time.</summary>
internal sealed class TraceView
{
    /// <param name="known">What was read of the traces before, where they come out of one answer of the store.</param>
    public TraceView(byte[] id, IReadOnlyList<StoredSpan> spans, Dictionary<byte[], IMessage>? known = null)
    {
        Id = id;
        known ??= [];
        Spans = [.. spans.Select(span => SpanView.Read(span, known))];
        Root = Spans.FirstOrDefault(static s => s.IsRoot);
        StartNs = Spans.Count == 0 ? 0 : Spans.Min(static s => s.Stored.StartNs);
        EndNs = Spans.Count == 0 ? 0 : Spans.Max(static s => s.Stored.EndNs);
    }

    public byte[] Id { get; }
    public IReadOnlyList<SpanView> Spans { get; }

    /// <summary>The span without a parent; null while it has not arrived.</summary>
    public SpanView? Root { get; }

    public long StartNs { get; }
    public long EndNs { get; }
    public long DurationNs => Math.Max(0, EndNs - StartNs);
    public string RootService => Root?.Stored.ServiceName ?? "<root span not yet received>";
    public string RootName => Root?.Stored.Name ?? "";

    /// <summary>Who calls whom.</summary>
    public TraceTree Tree => field ??= new(Spans);

    public string HexId => Convert.ToHexStringLower(Id);
    public long Bytes => Spans.Sum(static s => (long)s.Stored.Span.Length + s.Stored.Resource.Length + s.Stored.Scope.Length);
}
