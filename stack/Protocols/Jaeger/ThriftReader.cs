using System.Buffers.Binary;
using System.Text;

namespace MicroMonitored.Protocols.Jaeger;

/// <summary>Types of the Thrift binary protocol (https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md).</summary>
internal enum ThriftType : byte
{
    Stop = 0,
    Bool = 2,
    Byte = 3,
    Double = 4,
    I16 = 6,
    I32 = 8,
    I64 = 10,
    Binary = 11,
    Struct = 12,
    Map = 13,
    Set = 14,
    List = 15,
}

/// <summary>Reads the Thrift binary protocol from memory; every length is checked against what is left.</summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> data)
{
    private const int MaxDepth = 16;
    private const int MaxStructs = 500_000;

    private ReadOnlySpan<byte> _data = data;
    private int _structs;

    /// <summary>The next field of a struct; false at its end.</summary>
    public bool Next(out (ThriftType Type, short Id) field)
    {
        var type = (ThriftType)Take(1)[0];
        field = (type, type == ThriftType.Stop ? (short)0 : BinaryPrimitives.ReadInt16BigEndian(Take(2)));
        return type != ThriftType.Stop;
    }

    /// <summary>The number of structs in a list.</summary>
    public int StructList()
    {
        var type = (ThriftType)Take(1)[0];
        var count = Count();
        _structs += count;
        if (_structs > MaxStructs)
            throw new LimitException($"More than {MaxStructs} spans, tags, logs and references in one body.");
        return count == 0 || type == ThriftType.Struct ? count : throw new FormatException("a list of structs is expected");
    }

    public bool Bool() => Take(1)[0] != 0;

    public int I32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public long I64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    public string Text() => Encoding.UTF8.GetString(Binary());

    public ReadOnlySpan<byte> Binary() => Take(BinaryPrimitives.ReadInt32BigEndian(Take(4)));

    public void Skip(ThriftType type, int depth = 0)
    {
        if (depth > MaxDepth)
            throw new FormatException("nested too deeply");
        switch (type)
        {
            case ThriftType.Bool or ThriftType.Byte: Take(1); break;
            case ThriftType.I16: Take(2); break;
            case ThriftType.I32: Take(4); break;
            case ThriftType.I64 or ThriftType.Double: Take(8); break;
            case ThriftType.Binary: Binary(); break;
            case ThriftType.Struct:
                while (Next(out var field))
                    Skip(field.Type, depth + 1);
                break;
            case ThriftType.List or ThriftType.Set:
                var item = (ThriftType)Take(1)[0];
                for (var count = Count(); count > 0; count--)
                    Skip(item, depth + 1);
                break;
            case ThriftType.Map:
                var (key, value) = ((ThriftType)Take(1)[0], (ThriftType)Take(1)[0]);
                for (var count = Count(); count > 0; count--)
                {
                    Skip(key, depth + 1);
                    Skip(value, depth + 1);
                }

                break;
            default:
                throw new FormatException("an unknown type");
        }
    }

    // Every item takes at least one byte, so a longer list than bytes left is a lie.
    private int Count()
    {
        var count = I32();
        return count >= 0 && count <= _data.Length ? count : throw new FormatException("a list is longer than its body");
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if ((uint)length > (uint)_data.Length)
            throw new FormatException("the body is cut off");
        var taken = _data[..length];
        _data = _data[length..];
        return taken;
    }
}
