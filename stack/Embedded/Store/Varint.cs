using System.Buffers;

namespace MicroMonitored.Embedded.Store;

/// <summary>Numbers in as few bytes as they need, low seven bits first, as protobuf writes them.</summary>
internal static class Varint
{
    public static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    public static long UnZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    public static void Write(IBufferWriter<byte> buffer, ulong value)
    {
        var span = buffer.GetSpan(10);
        var length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        buffer.Advance(length);
    }

    /// <exception cref="InvalidDataException">There is no number.</exception>
    public static ulong Read(ref ReadOnlySpan<byte> data)
    {
        var value = 0UL;
        for (var i = 0; i < 10 && i < data.Length; i++)
        {
            value |= (ulong)(data[i] & 0x7f) << (7 * i);
            if (data[i] < 0x80)
            {
                data = data[(i + 1)..];
                return value;
            }
        }

        throw new InvalidDataException("A stored number is damaged.");
    }

    /// <summary>A number that must not be larger than <paramref name="most"/>.</summary>
    /// <exception cref="InvalidDataException">There is no number, or a larger one.</exception>
    public static int Read(ref ReadOnlySpan<byte> data, int most)
    {
        var value = Read(ref data);
        return value <= (ulong)most ? (int)value : throw new InvalidDataException("A stored number is out of range.");
    }

    /// <summary>Bytes behind their number.</summary>
    /// <exception cref="InvalidDataException">They are cut off.</exception>
    public static ReadOnlySpan<byte> ReadBytes(ref ReadOnlySpan<byte> data) => Take(ref data, Read(ref data, data.Length));

    /// <exception cref="InvalidDataException">There are fewer.</exception>
    public static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> data, int count)
    {
        if (count > data.Length)
            throw new InvalidDataException("A stored value is cut off.");
        var taken = data[..count];
        data = data[count..];
        return taken;
    }

    public static void WriteBytes(IBufferWriter<byte> buffer, ReadOnlySpan<byte> bytes)
    {
        Write(buffer, (ulong)bytes.Length);
        buffer.Write(bytes);
    }
}
