using System.Collections.Concurrent;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MicroMonitored.Protocols;

namespace MicroMonitored.Embedded.Ingest;

/// <summary>
/// Refuses a body of which far more would be made in memory than it has bytes: an empty span takes two bytes on the wire and hundreds as an object,
/// so what the limit of a body's size lets through could still be gigabytes.
/// </summary>
internal static class ParseBudget
{
    /// <summary>Bytes of a body that may be made into anything.</summary>
    public const int Small = 256 * 1024;
    private const int MostObjects = 48 * 1024 * 1024;
    private const int MostContainers = 250_000;
    private const int MostTokens = 2_000_000;
    private const int MaxDepth = 100;

    private static readonly ConcurrentDictionary<MessageDescriptor, Kind> Kinds = new();

    /// <summary>Reads a message once it is known to be worth its memory.</summary>
    /// <exception cref="LimitException">It is not.</exception>
    /// <exception cref="FormatException">It has a group, which no message of today has.</exception>
    /// <exception cref="InvalidProtocolBufferException">It is no such message.</exception>
    public static T Message<T>(ReadOnlySpan<byte> body)
        where T : IMessage<T>, new()
    {
        var message = new T();
        Check(body, message.Descriptor);
        message.MergeFrom(body);
        return message;
    }

    /// <exception cref="LimitException">More would be made of the message than it is worth.</exception>
    /// <exception cref="FormatException">It has a group, which no message of today has.</exception>
    public static void Check(ReadOnlySpan<byte> body, MessageDescriptor type)
    {
        if (body.Length > Small)
            new Walk(body).Through(KindOf(type), body.Length, 0);
    }

    /// <summary>The same for JSON; one that is none is left to its reader.</summary>
    /// <exception cref="LimitException">It has too many objects, lists or values.</exception>
    public static ReadOnlyMemory<byte> Json(ReadOnlyMemory<byte> body)
    {
        if (body.Length <= Small)
            return body;
        var reader = new Utf8JsonReader(body.Span);
        int containers = 0, tokens = 0;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && ++containers > MostContainers)
                    throw new LimitException($"More than {MostContainers} objects and lists in one body.");
                if (++tokens > MostTokens)
                    throw new LimitException($"More than {MostTokens} names and values in one body.");
            }
        }
        catch (JsonException)
        {
        }

        return body;
    }

    private static Kind KindOf(MessageDescriptor type)
    {
        if (Kinds.TryGetValue(type, out var known))
            return known;
        var kinds = new Dictionary<MessageDescriptor, Kind>();
        known = Add(type, kinds);
        return Kinds.GetOrAdd(type, known);
    }

    private static Kind Add(MessageDescriptor type, Dictionary<MessageDescriptor, Kind> kinds)
    {
        if (kinds.TryGetValue(type, out var kind))
            return kind;
        var fields = type.Fields.InFieldNumberOrder();
        kind = kinds[type] = new Kind(fields.Sum(static field => field.IsRepeated ? 48 : 8) + 24, new Part?[fields.Max(static field => field.FieldNumber) + 1]);
        foreach (var field in fields)
        {
            kind.Parts[field.FieldNumber] = field.FieldType switch
            {
                FieldType.Message => new(Add(field.MessageType, kinds), 16, 0),
                _ when !field.IsRepeated => null,
                FieldType.String or FieldType.Bytes => new(null, 48, 0),
                _ => new(null, 16, 16),
            };
        }

        return kind;
    }

    /// <summary>A type of message: bytes of an empty one, and those of its fields that cost, by number.</summary>
    private sealed record Kind(int Bytes, Part?[] Parts);

    /// <summary>What one occurrence of a field costs: the message it holds, its place in a list, and each of its bytes where numbers are packed.</summary>
    private sealed record Part(Kind? Kind, int Bytes, int PerByte);

    // What is broken ends the walk: the parser stops at the same byte and says why.
    private ref struct Walk(ReadOnlySpan<byte> body)
    {
        private readonly ReadOnlySpan<byte> _body = body;
        private int _at;
        private long _made;

        public bool Through(Kind kind, int end, int depth)
        {
            while (_at < end)
            {
                if (!Number(out var tag))
                    return false;
                var part = tag >> 3 < (ulong)kind.Parts.Length ? kind.Parts[tag >> 3] : null;
                switch (tag & 7)
                {
                    case 0 when !Number(out _): return false;
                    case 0: break;
                    case 1: _at += 8; break;
                    case 5: _at += 4; break;
                    case 2:
                        if (!Number(out var length) || length > (ulong)(end - _at))
                            return false;
                        _made += part is null ? 0 : (part.PerByte * (long)length) + (part.Kind?.Bytes ?? 0);
                        if (part?.Kind is null)
                            _at += (int)length;
                        else if (depth == MaxDepth || !Through(part.Kind, _at + (int)length, depth + 1))
                            return false;
                        break;
                    default: throw new FormatException("groups are not taken");
                }

                _made += part?.Bytes ?? 0;
                if (_made > MostObjects)
                    throw new LimitException("More would be made of the body than is worth its bytes: too many small messages.");
            }

            return _at == end;
        }

        private bool Number(out ulong value)
        {
            value = 0;
            for (var shift = 0; shift < 70 && _at < _body.Length; shift += 7)
            {
                var next = _body[_at++];
                value |= (ulong)(next & 0x7f) << shift;
                if (next < 0x80)
                    return true;
            }

            return false;
        }
    }
}
