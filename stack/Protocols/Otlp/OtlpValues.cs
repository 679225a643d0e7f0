using System.Buffers.Binary;
using Google.Protobuf;
using OpenTelemetry.Proto.Common.V1;

namespace MicroMonitored.Protocols.Otlp;

/// <summary>Builds the values that OTLP messages are made of.</summary>
public static class OtlpValues
{
    /// <summary>An attribute holding a text.</summary>
    public static KeyValue Text(string key, string value) => new() { Key = key, Value = new AnyValue { StringValue = value } };

    /// <summary>A span id as its 8 big-endian bytes.</summary>
    public static ByteString Id(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return ByteString.CopyFrom(bytes);
    }

    /// <summary>A trace id as its 16 big-endian bytes.</summary>
    public static ByteString Id(ulong high, ulong low)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], low);
        return ByteString.CopyFrom(bytes);
    }
}
