using Thrift;
using Thrift.Protocol;
using Thrift.Protocol.Entities;
using Thrift.Transport.Client;

namespace Protocols.Tests;

/// <summary>The fields of a Thrift struct.</summary>
internal sealed class Fields : SortedDictionary<short, object>
{
    public Fields()
    {
    }

    public Fields(Fields fields)
        : base(fields)
    {
    }
}

/// <summary>Any struct in the binary protocol, by Apache's implementation.</summary>
internal static class ApacheThrift
{
    private static readonly CancellationToken None = CancellationToken.None;

    public static async Task<Fields> ReadAsync(byte[] bytes)
    {
        using var transport = new TMemoryBufferTransport(bytes, new TConfiguration());
        using var protocol = new TBinaryProtocol(transport);
        var fields = (Fields)await ReadAsync(protocol, TType.Struct);
        Assert.Equal(bytes.Length, transport.Position);
        return fields;
    }

    public static async Task<byte[]> WriteAsync(Fields fields)
    {
        using var transport = new TMemoryBufferTransport(new TConfiguration());
        using var protocol = new TBinaryProtocol(transport);
        await WriteAsync(protocol, fields);
        return transport.GetBuffer();
    }

    private static async Task<object> ReadAsync(TProtocol protocol, TType type)
    {
        switch (type)
        {
            case TType.Bool: return await protocol.ReadBoolAsync(None);
            case TType.Double: return await protocol.ReadDoubleAsync(None);
            case TType.I32: return await protocol.ReadI32Async(None);
            case TType.I64: return await protocol.ReadI64Async(None);
            case TType.String: return await protocol.ReadStringAsync(None);
            case TType.List:
                var list = await protocol.ReadListBeginAsync(None);
                var items = new List<object>();
                for (var i = 0; i < list.Count; i++)
                    items.Add(await ReadAsync(protocol, list.ElementType));
                return items;
            case TType.Struct:
                var fields = new Fields();
                await protocol.ReadStructBeginAsync(None);
                for (var field = await protocol.ReadFieldBeginAsync(None); field.Type != TType.Stop; field = await protocol.ReadFieldBeginAsync(None))
                    fields.Add(field.ID, await ReadAsync(protocol, field.Type));
                return fields;
            default:
                throw new InvalidDataException($"Thrift type {type}");
        }
    }

    private static async Task WriteAsync(TProtocol protocol, object value)
    {
        switch (value)
        {
            case bool flag: await protocol.WriteBoolAsync(flag, None); break;
            case double number: await protocol.WriteDoubleAsync(number, None); break;
            case short small: await protocol.WriteI16Async(small, None); break;
            case int whole: await protocol.WriteI32Async(whole, None); break;
            case long large: await protocol.WriteI64Async(large, None); break;
            case string text: await protocol.WriteStringAsync(text, None); break;
            case List<object> items:
                await protocol.WriteListBeginAsync(new TList(TypeOf(items[0]), items.Count), None);
                foreach (var item in items)
                    await WriteAsync(protocol, item);
                break;
            case Dictionary<string, long> map:
                await protocol.WriteMapBeginAsync(new TMap(TType.String, TType.I64, map.Count), None);
                foreach (var (key, item) in map)
                {
                    await WriteAsync(protocol, key);
                    await WriteAsync(protocol, item);
                }

                break;
            default:
                foreach (var (id, item) in (Fields)value)
                {
                    await protocol.WriteFieldBeginAsync(new TField("", TypeOf(item), id), None);
                    await WriteAsync(protocol, item);
                }

                await protocol.WriteFieldStopAsync(None);
                break;
        }
    }

    private static TType TypeOf(object value) => value switch
    {
        bool => TType.Bool,
        double => TType.Double,
        short => TType.I16,
        int => TType.I32,
        long => TType.I64,
        string => TType.String,
        List<object> => TType.List,
        Dictionary<string, long> => TType.Map,
        _ => TType.Struct,
    };
}
