using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MicroMonitored.Embedded.Store;

/// <summary>Spans, written: what the store keeps of them in one row.</summary>
/// <param name="FromNs">The earliest start.</param>
/// <param name="ToNs">The latest start.</param>
/// <param name="EndNs">The latest end.</param>
/// <param name="Spans">How many spans.</param>
/// <param name="Operations">Service and name by their number in the block.</param>
/// <param name="Messages">Resources and scopes by their number in the block.</param>
/// <param name="Traces">The traces that the spans belong to.</param>
/// <param name="Head">What a search reads, compressed.</param>
/// <param name="Body">The rest, compressed.</param>
internal sealed record WrittenSpans(
    long FromNs, long ToNs, long EndNs, int Spans, IReadOnlyList<(string Service, string Name)> Operations, IReadOnlyList<byte[]> Messages,
    IReadOnlyList<UInt128> Traces, byte[] Head, byte[] Body)
{
    public bool IsTail => Spans < SpanBlock.SmallSpans;
}

/// <summary>
/// A block of spans in columns. Traces, operations, resources and scopes are numbers into lists that stand once, a parent within the block is
/// its place; everything else of a span is its protobuf message without the fields that have columns.
/// </summary>
internal static class SpanBlock
{
    public const int SmallSpans = 256;
    public const int MaxSpans = 2048;

    public static UInt128 TraceKey(ReadOnlySpan<byte> traceId) => BinaryPrimitives.ReadUInt128BigEndian(traceId);

    public static List<WrittenSpans> WriteAll(IReadOnlyList<StoredSpan> spans)
    {
        var blocks = new List<WrittenSpans>();
        for (var start = 0; start < spans.Count; start += MaxSpans)
            blocks.Add(Write(spans, start, Math.Min(MaxSpans, spans.Count - start)));
        return blocks;
    }

    private static WrittenSpans Write(IReadOnlyList<StoredSpan> all, int from, int count)
    {
        var spans = new StoredSpan[count];
        for (var i = 0; i < count; i++)
            spans[i] = all[from + i];
        var traces = new Numbers<UInt128>(null);
        var operations = new Numbers<(string, string)>(null);
        var messages = new Numbers<byte[]>(ByContent.Comparer);
        using var head = new PooledBuffer(64 * 1024);
        using var rest = new PooledBuffer(128 * 1024);
        Varint.Write(head, (ulong)count);
        var previous = 0;
        foreach (var span in spans)
        {
            var trace = traces.Of(TraceKey(span.TraceId));
            Varint.Write(head, Varint.ZigZag(trace - previous));
            previous = trace;
        }

        var (fromNs, toNs, endNs, start) = (long.MaxValue, long.MinValue, long.MinValue, 0L);
        foreach (var span in spans)
        {
            Varint.Write(head, Varint.ZigZag(span.StartNs - start));
            Varint.Write(head, Varint.ZigZag(span.EndNs - span.StartNs));
            start = span.StartNs;
            (fromNs, toNs, endNs) = (Math.Min(fromNs, start), Math.Max(toNs, start), Math.Max(endNs, span.EndNs));
        }

        foreach (var span in spans)
            Varint.Write(head, (ulong)operations.Of((span.ServiceName, span.Name)));
        Span<byte> id = stackalloc byte[16];
        foreach (var trace in traces.Items)
        {
            BinaryPrimitives.WriteUInt128BigEndian(id, trace);
            head.Write(id);
        }

        using var body = new PooledBuffer(128 * 1024);
        WriteIds(body, spans);
        foreach (var span in spans)
        {
            Varint.Write(body, (ulong)messages.Of(span.Resource));
            Varint.Write(body, (ulong)messages.Of(span.Scope));
        }

        var failures = new byte[(count + 7) / 8];
        for (var i = 0; i < count; i++)
        {
            var span = spans[i];
            var kept = rest.Length;
            var isMessage = SpanFields.WriteRest(rest, span, out var mayFail);
            if (mayFail)
                failures[i >> 3] |= (byte)(1 << (i & 7));
            if (!isMessage)
                rest.Write(span.Span);
            Varint.Write(body, ((ulong)(uint)span.Kind << 1) | (isMessage ? 0UL : 1));
            Varint.Write(body, (ulong)(rest.Length - kept));
        }

        head.Write(failures);
        body.Write(rest.Written);
        return new WrittenSpans(
            fromNs, toNs, endNs, count, operations.Items, messages.Items, traces.Items, Compression.Compress(head.Written), Compression.Compress(body.Written));
    }

    /// <summary>The ids of the spans, and for each parent 0 for none, 1 and its id, or 2 and more for its place in the block.</summary>
    private static void WriteIds(PooledBuffer body, StoredSpan[] spans)
    {
        var places = new Dictionary<ulong, int>(spans.Length);
        for (var i = 0; i < spans.Length; i++)
        {
            body.Write(spans[i].SpanId);
            places[BinaryPrimitives.ReadUInt64LittleEndian(spans[i].SpanId)] = i;
        }

        foreach (var span in spans)
        {
            if (span.ParentSpanId is null)
            {
                Varint.Write(body, 0);
            }
            else if (places.TryGetValue(BinaryPrimitives.ReadUInt64LittleEndian(span.ParentSpanId), out var place))
            {
                Varint.Write(body, (ulong)place + 2);
            }
            else
            {
                Varint.Write(body, 1);
                body.Write(span.ParentSpanId);
            }
        }
    }

    /// <summary>Gives things numbers in the order in which they come.</summary>
    private sealed class Numbers<T>(IEqualityComparer<T>? comparer)
        where T : notnull
    {
        private readonly Dictionary<T, int> _numbers = new(comparer);
        private T? _last;
        private int _number = -1;

        public List<T> Items { get; } = [];

        public int Of(T item)
        {
            if (_number >= 0 && EqualityComparer<T>.Default.Equals(item, _last))
                return _number;
            ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, item, out var known);
            if (!known)
            {
                number = Items.Count;
                Items.Add(item);
            }

            (_last, _number) = (item, number);
            return number;
        }
    }

    private sealed class ByContent : IEqualityComparer<byte[]>
    {
        public static readonly ByContent Comparer = new();

        public bool Equals(byte[]? x, byte[]? y) => ReferenceEquals(x, y) || (x is not null && y is not null && x.AsSpan().SequenceEqual(y));

        public int GetHashCode(byte[] obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(obj);
            return hash.ToHashCode();
        }
    }
}

/// <summary>A block being read; its body is decompressed only when a span of it is wanted.</summary>
internal sealed class SpanBlockReader
{
    private readonly int[] _traces;
    private readonly int[] _operations;
    private readonly long[] _starts;
    private readonly long[] _ends;
    private readonly UInt128[] _ids;
    private readonly byte[] _failures;

    /// <exception cref="InvalidDataException">The block is damaged.</exception>
    public SpanBlockReader(ReadOnlySpan<byte> data)
    {
        var content = Compression.Decompress(data, out var length);
        try
        {
            ReadOnlySpan<byte> head = content.AsSpan(0, length);
            var count = Varint.Read(ref head, length);
            _traces = new int[count];
            _operations = new int[count];
            _starts = new long[count];
            _ends = new long[count];
            var (trace, most, start) = (0L, 0, 0L);
            for (var i = 0; i < count; i++)
            {
                trace += Varint.UnZigZag(Varint.Read(ref head));
                if (trace < 0 || trace > i)
                    throw new InvalidDataException("A stored span is damaged.");
                _traces[i] = (int)trace;
                most = Math.Max(most, (int)trace + 1);
            }

            for (var i = 0; i < count; i++)
            {
                _starts[i] = start += Varint.UnZigZag(Varint.Read(ref head));
                _ends[i] = start + Varint.UnZigZag(Varint.Read(ref head));
            }

            for (var i = 0; i < count; i++)
                _operations[i] = Varint.Read(ref head, i);
            _ids = new UInt128[most];
            for (var i = 0; i < most; i++)
                _ids[i] = SpanBlock.TraceKey(Varint.Take(ref head, 16));
            // Blocks of an earlier engine end here.
            _failures = head.IsEmpty ? [] : Varint.Take(ref head, (count + 7) / 8).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
        }
    }

    public int Count => _starts.Length;

    public long StartOf(int span) => _starts[span];

    public long EndOf(int span) => _ends[span];

    public int OperationOf(int span) => _operations[span];

    public bool MayFail(int span) => _failures.Length == 0 || (_failures[span >> 3] & (1 << (span & 7))) != 0;

    public UInt128 TraceOf(int span) => _ids[_traces[span]];

    public bool HoldsAny(Func<UInt128, bool> wanted) => Array.Exists(_ids, trace => wanted(trace));

    /// <summary>The spans of the wanted traces, or all.</summary>
    /// <param name="operation">Service and name by number in the block.</param>
    /// <param name="message">A resource or scope by number in the block.</param>
    /// <exception cref="InvalidDataException">The block is damaged.</exception>
    public List<StoredSpan> Read(
        ReadOnlySpan<byte> data, Func<UInt128, bool>? wanted, Func<int, (string Service, string Name)> operation, Func<int, byte[]> message)
    {
        var content = Compression.Decompress(data, out var length);
        try
        {
            ReadOnlySpan<byte> body = content.AsSpan(0, length);
            var ids = Varint.Take(ref body, Count * 8);
            var parents = new byte[Count][];
            for (var i = 0; i < Count; i++)
            {
                var place = Varint.Read(ref body, Count + 1);
                parents[i] = place == 0 ? [] : (place == 1 ? Varint.Take(ref body, 8) : ids.Slice((place - 2) * 8, 8)).ToArray();
            }

            var messages = new int[Count * 2];
            for (var i = 0; i < messages.Length; i++)
                messages[i] = Varint.Read(ref body, i);
            var kinds = new ulong[Count];
            var lengths = new int[Count];
            for (var i = 0; i < Count; i++)
                (kinds[i], lengths[i]) = (Varint.Read(ref body), Varint.Read(ref body, length));

            var chosen = wanted is null ? null : Array.ConvertAll(_ids, trace => wanted(trace));
            var spans = new List<StoredSpan>();
            Span<byte> traceId = stackalloc byte[16];
            for (var i = 0; i < Count; i++)
            {
                var rest = Varint.Take(ref body, lengths[i]);
                if (chosen is not null && !chosen[_traces[i]])
                    continue;
                BinaryPrimitives.WriteUInt128BigEndian(traceId, TraceOf(i));
                var spanId = ids.Slice(i * 8, 8);
                var parent = parents[i].Length == 0 ? null : parents[i];
                var (service, name) = operation(_operations[i]);
                var kind = (int)(kinds[i] >> 1);
                var whole = (kinds[i] & 1) == 1 ? rest.ToArray() : SpanFields.Whole(traceId, spanId, parent, name, kind, _starts[i], _ends[i], rest);
                spans.Add(new StoredSpan(traceId.ToArray(), spanId.ToArray(), parent, service, name, kind, _starts[i], _ends[i], whole,
                    message(messages[i * 2]), message(messages[(i * 2) + 1])));
            }

            return spans;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
        }
    }
}
