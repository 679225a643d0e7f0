using System.Buffers;
using System.Buffers.Binary;

namespace MicroMonitored.Embedded.Store;

/// <summary>
/// The bytes of a chunk and of the metric log. Timestamps are zigzag varint deltas (of deltas, in a chunk);
/// a value equal to the one before is one byte, an integer a varint, anything else its eight bytes.
/// </summary>
internal static class SampleCodec
{
    private const byte Same = 0, Integer = 1, Raw = 2;

    public static byte[] EncodeChunk(ReadOnlySpan<Sample> samples)
    {
        var buffer = new ArrayBufferWriter<byte>((samples.Length * 4) + 16);
        Varint.Write(buffer, (ulong)samples.Length);
        long previous = 0, delta = 0;
        var bits = 0UL;
        for (var i = 0; i < samples.Length; i++)
        {
            var step = samples[i].TimestampMs - previous;
            Varint.Write(buffer, Varint.ZigZag(step - delta));
            (previous, delta) = (samples[i].TimestampMs, i == 0 ? 0 : step);
            WriteValue(buffer, samples[i].Value, ref bits);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are no chunk.</exception>
    public static Sample[] DecodeChunk(ReadOnlySpan<byte> data)
    {
        var count = Varint.Read(ref data);
        if (count > (ulong)data.Length)
            throw new InvalidDataException("A stored chunk is damaged.");
        var samples = new Sample[count];
        long previous = 0, delta = 0;
        var bits = 0UL;
        for (var i = 0; i < samples.Length; i++)
        {
            var step = Varint.UnZigZag(Varint.Read(ref data)) + delta;
            previous += step;
            delta = i == 0 ? 0 : step;
            samples[i] = new Sample(previous, ReadValue(ref data, ref bits));
        }

        return samples;
    }

    public static byte[] EncodeLog(IReadOnlyList<(long SeriesId, Sample Sample)> samples)
    {
        var buffer = new ArrayBufferWriter<byte>((samples.Count * 8) + 16);
        Varint.Write(buffer, (ulong)samples.Count);
        long id = 0, time = 0;
        var bits = 0UL;
        foreach (var (seriesId, sample) in samples)
        {
            Varint.Write(buffer, Varint.ZigZag(seriesId - id));
            Varint.Write(buffer, Varint.ZigZag(sample.TimestampMs - time));
            WriteValue(buffer, sample.Value, ref bits);
            (id, time) = (seriesId, sample.TimestampMs);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are no entry of the metric log.</exception>
    public static List<(long SeriesId, Sample Sample)> DecodeLog(ReadOnlySpan<byte> data)
    {
        var count = Varint.Read(ref data);
        if (count > (ulong)data.Length)
            throw new InvalidDataException("A stored metric log entry is damaged.");
        var samples = new List<(long, Sample)>((int)count);
        long id = 0, time = 0;
        var bits = 0UL;
        for (var i = 0UL; i < count; i++)
        {
            id += Varint.UnZigZag(Varint.Read(ref data));
            time += Varint.UnZigZag(Varint.Read(ref data));
            samples.Add((id, new Sample(time, ReadValue(ref data, ref bits))));
        }

        return samples;
    }

    private static void WriteValue(ArrayBufferWriter<byte> buffer, double value, ref ulong bits)
    {
        var current = BitConverter.DoubleToUInt64Bits(value);
        if (current == bits)
        {
            Put(buffer, Same);
        }
        else if (Math.Abs(value) < 1L << 53 && BitConverter.DoubleToUInt64Bits((long)value) == current)
        {
            Put(buffer, Integer);
            Varint.Write(buffer, Varint.ZigZag((long)value));
        }
        else
        {
            Put(buffer, Raw);
            BinaryPrimitives.WriteUInt64LittleEndian(buffer.GetSpan(8), current);
            buffer.Advance(8);
        }

        bits = current;
    }

    private static double ReadValue(ref ReadOnlySpan<byte> data, ref ulong bits)
    {
        if (data.IsEmpty)
            throw new InvalidDataException("A stored sample is cut off.");
        var kind = data[0];
        data = data[1..];
        switch (kind)
        {
            case Same:
                break;
            case Integer:
                bits = BitConverter.DoubleToUInt64Bits(Varint.UnZigZag(Varint.Read(ref data)));
                break;
            case Raw when data.Length >= 8:
                bits = BinaryPrimitives.ReadUInt64LittleEndian(data);
                data = data[8..];
                break;
            default:
                throw new InvalidDataException("A stored sample is damaged.");
        }

        return BitConverter.UInt64BitsToDouble(bits);
    }

    private static void Put(ArrayBufferWriter<byte> buffer, byte value)
    {
        buffer.GetSpan(1)[0] = value;
        buffer.Advance(1);
    }
}
