using System.Buffers;
using System.Text;

namespace MicroMonitored.Embedded.Store;

/// <summary>Lines of one stream, written: what the store keeps of them in one row.</summary>
/// <param name="First">The place of its first arrived line within what arrived together.</param>
/// <param name="FromNs">The earliest timestamp.</param>
/// <param name="ToNs">The latest timestamp.</param>
/// <param name="Lines">How many lines.</param>
/// <param name="Bytes">The bytes of the lines, uncompressed.</param>
/// <param name="Names">The names that their structured metadata has.</param>
/// <param name="Traces">Stands for each <c>trace_id</c> of their structured metadata.</param>
/// <param name="Data">Everything, compressed.</param>
internal sealed record WrittenLines(
    long First, long FromNs, long ToNs, int Lines, int Bytes, IReadOnlyCollection<string> Names, IReadOnlyCollection<UInt128> Traces, byte[] Data)
{
    public bool IsTail => Bytes < LogBlock.SmallBytes && Lines < LogBlock.SmallLines;
}

/// <summary>
/// A block of lines by time: their times, places of arrival, lengths and structured metadata, and then the text of all, so that a text is looked
/// for before anything else is read. A value of the metadata that stands in the line is kept as its place there.
/// </summary>
internal static class LogBlock
{
    public const string TraceId = "trace_id";
    public const int SmallBytes = 64 * 1024;
    public const int SmallLines = 512;
    public const int MaxBytes = 512 * 1024;
    public const int MaxLines = 4096;

    private static readonly ulong[] Units = [1_000_000_000, 1_000_000, 100_000, 1000, 100, 1];

    /// <param name="lines">Lines of one stream; <see cref="LogEntry.Sequence"/> is their place of arrival.</param>
    public static WrittenLines Write(List<LogEntry> lines)
    {
        if (!IsSorted(lines))
            lines.Sort(static (left, right) => (left.TimestampNs, left.Sequence).CompareTo((right.TimestampNs, right.Sequence)));
        var first = long.MaxValue;
        foreach (var line in lines)
            first = Math.Min(first, line.Sequence);

        using var text = new PooledBuffer(256 * 1024);
        using var head = new PooledBuffer(64 * 1024);
        using var metadata = new PooledBuffer(32 * 1024);
        var lengths = ArrayPool<int>.Shared.Rent(lines.Count);
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        var traces = new HashSet<UInt128>();
        for (var i = 0; i < lines.Count; i++)
        {
            var start = text.Length;
            Encoding.UTF8.GetBytes(lines[i].Line, text);
            lengths[i] = text.Length - start;
            Write(metadata, lines[i].Metadata, text.Written[start..], names, traces);
        }

        Varint.Write(head, (ulong)lines.Count);
        WriteTimes(head, lines);
        var previous = 0L;
        foreach (var line in lines)
        {
            Varint.Write(head, Varint.ZigZag(line.Sequence - first - previous));
            previous = line.Sequence - first;
        }

        for (var i = 0; i < lines.Count; i++)
            Varint.Write(head, (ulong)lengths[i]);
        ArrayPool<int>.Shared.Return(lengths);
        Varint.Write(head, (ulong)names.Count);
        foreach (var name in names.Keys)
            Varint.WriteBytes(head, Encoding.UTF8.GetBytes(name));
        head.Write(metadata.Written);

        using var whole = new PooledBuffer(head.Length + text.Length + 10);
        Varint.WriteBytes(whole, head.Written);
        whole.Write(text.Written);
        return new WrittenLines(
            first, lines[0].TimestampNs, lines[^1].TimestampNs, lines.Count, text.Length, names.Keys, traces, Compression.Compress(whole.Written));
    }

    internal static long[] ReadTimes(ref ReadOnlySpan<byte> head, int count)
    {
        var times = new long[count];
        var unit = Units[Varint.Read(ref head, Units.Length - 1)];
        var time = Varint.UnZigZag(Varint.Read(ref head));
        for (var i = 0; i < count; i++)
            times[i] = time += (long)(Varint.Read(ref head) * unit);
        return times;
    }

    private static void WriteTimes(PooledBuffer head, List<LogEntry> lines)
    {
        var unit = 0;
        foreach (var line in lines)
            while ((ulong)(line.TimestampNs - lines[0].TimestampNs) % Units[unit] != 0)
                unit++;
        Varint.Write(head, (ulong)unit);
        var time = lines[0].TimestampNs;
        Varint.Write(head, Varint.ZigZag(time));
        foreach (var line in lines)
        {
            Varint.Write(head, (ulong)(line.TimestampNs - time) / Units[unit]);
            time = line.TimestampNs;
        }
    }

    private static void Write(
        PooledBuffer buffer, IReadOnlyList<KeyValuePair<string, string>> metadata, ReadOnlySpan<byte> line, Dictionary<string, int> names,
        HashSet<UInt128> traces)
    {
        Varint.Write(buffer, (ulong)metadata.Count);
        Span<byte> few = stackalloc byte[256];
        for (var i = 0; i < metadata.Count; i++)
        {
            var (name, value) = metadata[i];
            if (!names.TryGetValue(name, out var index))
                names.Add(name, index = names.Count);
            Varint.Write(buffer, (ulong)index);
            var bytes = value.Length <= 64 ? few[..Encoding.UTF8.GetBytes(value, few)] : Encoding.UTF8.GetBytes(value);
            if (name == TraceId)
                traces.Add(TraceFilter.Key(bytes));
            var place = bytes.Length < 8 ? -1 : line.IndexOf(bytes);
            Varint.Write(buffer, (ulong)(place + 1));
            Varint.Write(buffer, (ulong)bytes.Length);
            if (place < 0)
                buffer.Write(bytes);
        }
    }

    private static bool IsSorted(List<LogEntry> lines)
    {
        for (var i = 1; i < lines.Count; i++)
            if (lines[i].TimestampNs < lines[i - 1].TimestampNs)
                return false;
        return true;
    }
}

/// <summary>A block being read: decompressed, and its lines made only when asked for.</summary>
internal sealed class LogBlockReader : IDisposable
{
    private readonly long _stream;
    private readonly long _id;
    private readonly int _length;
    private readonly int _head;
    private readonly int _text;
    private byte[] _content;
    private long[] _times = [];
    private long[] _places = [];
    private int[] _starts = [];
    private int[] _metadata = [];
    private string[] _names = [];

    /// <exception cref="InvalidDataException">The block is damaged.</exception>
    public LogBlockReader(long stream, long id, ReadOnlySpan<byte> data)
    {
        (_stream, _id) = (stream, id);
        _content = Compression.Decompress(data, out _length);
        var rest = Content;
        var head = Varint.ReadBytes(ref rest);
        _text = _length - rest.Length;
        _head = _text - head.Length;
    }

    private ReadOnlySpan<byte> Content => _content.AsSpan(0, _length);

    private ReadOnlySpan<byte> Text => _content.AsSpan(_text, _length - _text);

    public long TimeOf(int line) => _times[line];

    public long SequenceOf(int line) => _id + _places[line];

    public int BytesOf(int line) => _starts[line + 1] - _starts[line];

    /// <summary>False when no line and no structured metadata holds the text.</summary>
    public bool MayHold(ReadOnlySpan<byte> text) => Content.IndexOf(text) >= 0;

    /// <summary>The lines in the range that hold all texts, in the asked order.</summary>
    public List<int> Find(long fromNs, long toNs, bool newestFirst, IReadOnlyList<byte[]> texts)
    {
        var found = new List<int>();
        var place = texts.Count == 0 ? 0 : Text.IndexOf(texts[0]);
        if (place < 0)
            return found;
        Load();
        if (texts.Count == 0)
        {
            for (var line = 0; line < _times.Length; line++)
                if (_times[line] >= fromNs && _times[line] < toNs)
                    found.Add(line);
        }

        for (var line = 0; texts.Count > 0 && place >= 0;)
        {
            while (_starts[line + 1] <= place)
                line++;
            var isWithin = place + texts[0].Length <= _starts[line + 1];
            if (isWithin && _times[line] >= fromNs && _times[line] < toNs && HoldsAll(line, texts))
                found.Add(line);
            place = Next(isWithin ? _starts[line + 1] : place + 1, texts[0]);
        }

        if (newestFirst)
            found.Reverse();
        return found;
    }

    public LogEntry Entry(int line)
    {
        var metadata = Content[_metadata[line]..];
        var text = Text[_starts[line].._starts[line + 1]];
        var count = Varint.Read(ref metadata, metadata.Length);
        var pairs = count == 0 ? [] : new KeyValuePair<string, string>[count];
        for (var i = 0; i < count; i++)
            pairs[i] = new(_names[Varint.Read(ref metadata, _names.Length - 1)], Encoding.UTF8.GetString(Value(ref metadata, text)));
        return new LogEntry(_stream, _times[line], SequenceOf(line), Encoding.UTF8.GetString(text), pairs);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_content);
        _content = [];
    }

    private int Next(int from, byte[] text)
    {
        var place = Text[from..].IndexOf(text);
        return place < 0 ? -1 : place + from;
    }

    private bool HoldsAll(int line, IReadOnlyList<byte[]> texts)
    {
        for (var i = 1; i < texts.Count; i++)
            if (Text[_starts[line].._starts[line + 1]].IndexOf(texts[i]) < 0)
                return false;
        return true;
    }

    private void Load()
    {
        var head = Content[_head.._text];
        var count = Varint.Read(ref head, head.Length);
        _times = LogBlock.ReadTimes(ref head, count);
        _places = new long[count];
        var place = 0L;
        for (var i = 0; i < count; i++)
            _places[i] = place += Varint.UnZigZag(Varint.Read(ref head));
        _starts = new int[count + 1];
        for (var i = 0; i < count; i++)
            _starts[i + 1] = _starts[i] + Varint.Read(ref head, Text.Length - _starts[i]);
        _names = new string[Varint.Read(ref head, head.Length)];
        for (var i = 0; i < _names.Length; i++)
            _names[i] = Encoding.UTF8.GetString(Varint.ReadBytes(ref head));
        _metadata = new int[count];
        for (var i = 0; i < count; i++)
        {
            _metadata[i] = _text - head.Length;
            for (var pairs = Varint.Read(ref head, head.Length); pairs > 0; pairs--)
            {
                Varint.Read(ref head, _names.Length - 1);
                Value(ref head, Text[_starts[i].._starts[i + 1]]);
            }
        }
    }

    private static ReadOnlySpan<byte> Value(ref ReadOnlySpan<byte> metadata, ReadOnlySpan<byte> line)
    {
        var place = Varint.Read(ref metadata, line.Length + 1);
        var length = Varint.Read(ref metadata, int.MaxValue);
        if (place == 0)
            return Varint.Take(ref metadata, length);
        return place - 1 + length <= line.Length ? line.Slice(place - 1, length) : throw new InvalidDataException("A stored line is damaged.");
    }
}
