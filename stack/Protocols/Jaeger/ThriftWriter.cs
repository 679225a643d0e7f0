using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MicroMonitored.Protocols.Jaeger;

/// <summary>Writes the Thrift binary protocol: big-endian, each field a type byte and a 16-bit id, a struct ended by zero.</summary>
internal sealed class ThriftWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    public void Field(ThriftType type, short id)
    {
        Byte((byte)type);
        BinaryPrimitives.WriteInt16BigEndian(_buffer.GetSpan(2), id);
        _buffer.Advance(2);
    }

    /// <summary>The end of a struct.</summary>
    public void Stop() => Byte((byte)ThriftType.Stop);

    public void Bool(short id, bool value)
    {
        Field(ThriftType.Bool, id);
        Byte(value ? (byte)1 : (byte)0);
    }

    public void I32(short id, int value)
    {
        Field(ThriftType.I32, id);
        I32(value);
    }

    public void I64(short id, long value)
    {
        Field(ThriftType.I64, id);
        I64(value);
    }

    public void Double(short id, double value)
    {
        Field(ThriftType.Double, id);
        I64(BitConverter.DoubleToInt64Bits(value));
    }

    public void Text(short id, string value) => Binary(id, Encoding.UTF8.GetBytes(value));

    public void Binary(short id, ReadOnlySpan<byte> value)
    {
        Field(ThriftType.Binary, id);
        I32(value.Length);
        _buffer.Write(value);
    }

    /// <summary>The head of a list; its structs follow, each with its end.</summary>
    public void StructList(short id, int count)
    {
        Field(ThriftType.List, id);
        Byte((byte)ThriftType.Struct);
        I32(count);
    }

    private void Byte(byte value) => _buffer.Write([value]);

    private void I32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.GetSpan(4), value);
        _buffer.Advance(4);
    }

    private void I64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
    }
}
