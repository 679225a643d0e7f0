using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MicroMonitored.Embedded.Store;

/// <summary>Takes the fields of a serialized span that a block keeps in columns of their own, and puts them back.</summary>
/// <remarks>https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto</remarks>
internal static class SpanFields
{
    private const int TraceId = 1, SpanId = 2, ParentId = 4, Name = 5, Kind = 6, Start = 7, End = 8, Status = 15;
    private const int StatusCode = 3;
    private const int Error = 2;
    private const int LongName = 1024;

    /// <summary>Writes the fields that have no column; false, and nothing written, when the bytes are no message.</summary>
    /// <param name="mayFail">Whether its status may be an error.</param>
    public static bool WriteRest(PooledBuffer rest, StoredSpan span, out bool mayFail)
    {
        mayFail = false;
        ReadOnlySpan<byte> bytes = span.Span;
        var kept = rest.Length;
        while (!bytes.IsEmpty)
        {
            if (!TryField(bytes, out var field, out var length))
            {
                rest.Advance(kept - rest.Length);
                mayFail = true;
                return false;
            }

            var hasColumn = field is TraceId or SpanId or Kind or Start or End
                || (field == ParentId && span.ParentSpanId is not null)
                || (field == Name && span.Name.Length < LongName);
            if (!hasColumn)
                rest.Write(bytes[..length]);
            mayFail |= field == Status && HasError(bytes[..length]);
            bytes = bytes[length..];
        }

        return true;
    }

    /// <summary>Whether a field of type Status says error, or cannot be read.</summary>
    private static bool HasError(ReadOnlySpan<byte> field)
    {
        if (!TryVarint(ref field, out _) || !TryVarint(ref field, out _))
            return true;
        while (!field.IsEmpty)
        {
            if (!TryField(field, out var number, out var length))
                return true;
            var value = field[..length];
            if (number == StatusCode && TryVarint(ref value, out _) && TryVarint(ref value, out var code) && code == Error)
                return true;
            field = field[length..];
        }

        return false;
    }

    public static byte[] Whole(
        ReadOnlySpan<byte> traceId, ReadOnlySpan<byte> spanId, byte[]? parentId, string name, int kind, long startNs, long endNs, ReadOnlySpan<byte> rest)
    {
        using var span = new PooledBuffer(rest.Length + 128);
        WriteBytes(span, TraceId, traceId);
        WriteBytes(span, SpanId, spanId);
        if (parentId is not null)
            WriteBytes(span, ParentId, parentId);
        if (name.Length is > 0 and < LongName)
            WriteBytes(span, Name, Encoding.UTF8.GetBytes(name));
        if (kind != 0)
        {
            Varint.Write(span, Kind << 3);
            Varint.Write(span, (ulong)kind);
        }

        WriteTime(span, Start, startNs);
        WriteTime(span, End, endNs);
        span.Write(rest);
        return span.Written.ToArray();
    }

    private static void WriteBytes(PooledBuffer buffer, int field, ReadOnlySpan<byte> bytes)
    {
        Varint.Write(buffer, (ulong)((field << 3) | 2));
        Varint.WriteBytes(buffer, bytes);
    }

    private static void WriteTime(PooledBuffer buffer, int field, long nanoseconds)
    {
        if (nanoseconds == 0)
            return;
        Varint.Write(buffer, (ulong)((field << 3) | 1));
        BinaryPrimitives.WriteInt64LittleEndian(buffer.GetSpan(8), nanoseconds);
        buffer.Advance(8);
    }

    /// <summary>The number of the first field and how many bytes it takes, its tag included.</summary>
    private static bool TryField(ReadOnlySpan<byte> bytes, out int field, out int length)
    {
        length = 0;
        field = 0;
        var rest = bytes;
        if (!TryVarint(ref rest, out var tag) || tag >> 3 is 0 or > int.MaxValue)
            return false;
        field = (int)(tag >> 3);
        switch (tag & 7)
        {
            case 0 when TryVarint(ref rest, out _):
                length = bytes.Length - rest.Length;
                return true;
            case 1 when rest.Length >= 8:
                length = bytes.Length - rest.Length + 8;
                return true;
            case 2 when TryVarint(ref rest, out var size) && size <= (ulong)rest.Length:
                length = bytes.Length - rest.Length + (int)size;
                return true;
            case 5 when rest.Length >= 4:
                length = bytes.Length - rest.Length + 4;
                return true;
            default:
                return false;
        }
    }

    private static bool TryVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var i = 0; i < 10 && i < bytes.Length; i++)
        {
            value |= (ulong)(bytes[i] & 0x7f) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
