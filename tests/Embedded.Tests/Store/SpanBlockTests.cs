using CsCheck;
using Google.Protobuf;
using MicroMonitored.Embedded.Query.TraceQL;
using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Trace.V1;
using TraceFilter = MicroMonitored.Embedded.Store.TraceFilter;

namespace Embedded.Tests.Store;

public sealed class SpanBlockTests : IAsyncDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private const int ErrorEvery = 4;
    private static readonly Gen<StoredSpan> Any =
        from trace in Gen.Byte[1, 5]
        from span in Gen.Byte[1, 40]
        from parent in Gen.Byte[0, 40]
        from name in Gen.OneOf(Gen.String[Gen.Char["abé"], 0, 6], Gen.Const(new string('n', 3000)))
        from start in Gen.Long[0, 1L << 62]
        from length in Gen.Long[-5, 1_000_000_000]
        from kind in Gen.Int[0, 5]
        from garbage in Gen.Int[0, 9]
        from value in Gen.Long
        select Make(trace, span, parent, name, Math.Max(0, start), Math.Max(0, start + length), kind, garbage == 0, value);

    private readonly TemporaryFolder _folder = new();
    private TelemetryStore _store;

    public SpanBlockTests() => _store = new TelemetryStore(_folder.Path, new EngineCounters());

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void Blocks_give_back_every_span() => Any.Array[1, 60].Sample(
        spans =>
        {
            var block = Assert.Single(SpanBlock.WriteAll(spans));
            var reader = new SpanBlockReader(block.Head);
            var read = reader.Read(block.Body, null, number => block.Operations[number], number => block.Messages[number]);
            Assert.Equal(spans.Select(Shown), read.Select(Shown));
            var one = SpanBlock.TraceKey(spans[0].TraceId);
            Assert.Equal(
                spans.Where(span => span.TraceId.SequenceEqual(spans[0].TraceId)).Select(Shown),
                reader.Read(block.Body, trace => trace == one, number => block.Operations[number], number => block.Messages[number]).Select(Shown));
            Assert.Equal(spans.Select(MayFail), Enumerable.Range(0, spans.Length).Select(reader.MayFail));
            Assert.All(block.Traces, trace => Assert.True(TraceFilter.MayHold(TraceFilter.Write(block.Traces), trace)));
        },
        iter: 400);

    [Fact]
    public void A_filter_says_yes_to_few_that_it_does_not_hold()
    {
        var random = new Random(3);
        var filter = TraceFilter.Write([.. Enumerable.Range(0, 500).Select(_ => Next())]);
        Assert.InRange(Enumerable.Range(0, 100_000).Count(_ => TraceFilter.MayHold(filter, Next())), 0, 200);

        UInt128 Next() => new((ulong)random.NextInt64(), (ulong)random.NextInt64());
    }

    [Fact]
    public void Damaged_blocks_are_refused_and_nothing_else()
    {
        var block = Assert.Single(SpanBlock.WriteAll([.. Enumerable.Range(0, 200).Select(i =>
            Make((byte)(1 + (i % 5)), (byte)i, (byte)(i / 2), "GET /", i, i + 5, 2, false, i))]));
        Gen.Select(Gen.Bool, Gen.Int[0, 100_000], Gen.Byte, Gen.Int[0, 100_000]).Sample(
            damage =>
            {
                var (head, body) = ((byte[])block.Head.Clone(), (byte[])block.Body.Clone());
                var data = damage.Item1 ? head : body;
                data[damage.Item2 % data.Length] = damage.Item3;
                try
                {
                    new SpanBlockReader(head).Read(body, null, number => block.Operations[number], number => block.Messages[number]);
                }
                catch (Exception exception) when (exception is InvalidDataException or ArgumentOutOfRangeException)
                {
                }
            },
            iter: 3000);
    }

    [Fact]
    public void A_block_of_before_statuses_had_a_column_may_hold_any()
    {
        List<StoredSpan> spans = [.. Enumerable.Range(1, 20).Select(i => Make(1, (byte)i, 0, "GET /", i, i + 5, 2, false, i))];
        var block = Assert.Single(SpanBlock.WriteAll(spans));
        var head = Compression.Decompress(block.Head, out var length);
        var reader = new SpanBlockReader(Compression.Compress(head.AsSpan(0, length - ((spans.Count + 7) / 8))));
        Assert.True(Enumerable.Range(0, spans.Count).All(reader.MayFail));
        Assert.Equal(spans.Select(Shown),
            reader.Read(block.Body, null, number => block.Operations[number], number => block.Messages[number]).Select(Shown));
    }

    [Fact]
    public async Task The_one_error_behind_thousands_of_traces_is_found_before_and_after_they_are_merged()
    {
        var value = 1;
        List<StoredSpan> spans = [.. Enumerable.Range(0, 3000).Select(i =>
            Make(1, 1, 0, "GET /", 1000 + i, 1500 + i, 2, false, value++ % 3 + 1) with { TraceId = [.. new byte[14], (byte)(1 + (i >> 8)), (byte)i] })];
        spans[5] = Make(9, 1, 0, "GET /", 1005, 1505, 2, false, ErrorEvery * 3);
        for (var i = 0; i < spans.Count; i += 100)
            await _store.Spans.AppendAsync(spans[i..(i + 100)], None);
        Check();
        await _store.CompactAsync(None);
        Check();

        void Check()
        {
            var found = new TraceFinder(_store.Spans, None).Find(TraceParser.Parse("{ status = error }"), new(0, 9000, null, null, 20));
            Assert.Equal(9, Assert.Single(found).Trace.Id[15]);
        }
    }

    [Fact]
    public async Task Small_writes_are_merged_and_found_the_same()
    {
        var random = new Random(4);
        var sent = Enumerable.Range(0, 400).Select(i =>
            Make((byte)random.Next(1, 250), (byte)i, 0, $"GET {i % 3}", 1000 + random.Next(5000), 9000, 2, false, i)).ToList();
        foreach (var span in sent)
            await _store.Spans.AppendAsync([span], None);
        await _store.DisposeAsync();
        _store = new TelemetryStore(_folder.Path, new EngineCounters());
        foreach (var span in sent.Take(50))
            await _store.Spans.AppendAsync([span], None);
        var before = Found();
        var count = _store.Count();
        await _store.CompactAsync(None);
        Assert.Equal(before, Found());
        Assert.Equal(sent.DistinctBy(span => (span.TraceId[15], span.SpanId[7])).Count(), _store.Count().Spans);
        Assert.True(_store.Count().Spans < count.Spans, "What was sent again after the restart is counted twice.");
        Assert.Equal(3, _store.Spans.SpanNames("orders", None).Count);
        var ids = _store.Spans.Search(new TraceSearch { Limit = 1000 }, None).Append(new byte[16]).ToList();
        Assert.Equal(ids.Select(id => string.Join(", ", _store.Spans.Trace(id, None).Select(Shown))),
            _store.Spans.Traces(ids, None).Select(spans => string.Join(", ", spans.Select(Shown))));

        string Found() => string.Join('\n', _store.Spans.Search(new TraceSearch { SpanName = "GET 1", Limit = 1000 }, None).Select(id =>
            $"{id[15]}: {string.Join(", ", _store.Spans.Trace(id, None).Select(Shown))}"));
    }

    private static bool MayFail(StoredSpan span) =>
        span.Span is [0xFF, ..] || Span.Parser.ParseFrom(span.Span).Status is { Code: Status.Types.StatusCode.Error };

    private static StoredSpan Make(byte trace, byte span, byte parent, string name, long start, long end, int kind, bool garbage, long value)
    {
        byte[] traceId = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, trace], spanId = [1, 0, 0, 0, 0, 0, 0, span], parentId = [1, 0, 0, 0, 0, 0, 0, parent];
        var message = new Span
        {
            TraceId = ByteString.CopyFrom(traceId), SpanId = ByteString.CopyFrom(spanId), Name = name, Kind = (Span.Types.SpanKind)kind,
            StartTimeUnixNano = (ulong)start, EndTimeUnixNano = (ulong)end, TraceState = "a=b", Flags = 256,
            Attributes = { new KeyValue { Key = "n", Value = new AnyValue { IntValue = value } } },
        };
        if (value % ErrorEvery == 0)
            message.Status = new Status { Code = Status.Types.StatusCode.Error, Message = "m" };
        else if (value % 2 == 0)
            message.Status = new Status { Code = Status.Types.StatusCode.Ok };
        if (parent > 0)
            message.ParentSpanId = ByteString.CopyFrom(parentId);
        return new StoredSpan(traceId, spanId, parent == 0 ? null : parentId, "orders", name.Length > 1024 ? name[..1024] : name, kind, start, end,
            garbage ? [0xFF, 0xFF] : message.ToByteArray(), [(byte)(trace % 2)], [3]);
    }

    private static string Shown(StoredSpan span)
    {
        var message = span.Span is [0xFF, ..] ? "garbage" : Span.Parser.ParseFrom(span.Span).ToString();
        return $"{Convert.ToHexString(span.TraceId)} {Convert.ToHexString(span.SpanId)} {Convert.ToHexString(span.ParentSpanId ?? [])} {span.ServiceName} "
            + $"{span.Name} {span.Kind} {span.StartNs} {span.EndNs} {Convert.ToHexString(span.Resource)} {Convert.ToHexString(span.Scope)} {message}";
    }
}
