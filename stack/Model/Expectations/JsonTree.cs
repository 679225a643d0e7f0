using System.Globalization;
using System.Text.Json;

namespace MicroMonitored.Model.Expectations;

/// <summary>A JSON value that knows its line; comments and trailing commas are allowed.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The text of a string, number, true or false.</param>
/// <param name="Members">An object's members, in order.</param>
/// <param name="Items">An array's items.</param>
/// <param name="Raw">The whole value as written.</param>
internal sealed record JsonTree(
    int Line, JsonValueKind Kind, string Text, IReadOnlyList<KeyValuePair<string, JsonTree>> Members, IReadOnlyList<JsonTree> Items, ReadOnlyMemory<byte> Raw)
{
    /// <exception cref="JsonException">The text is no JSON; carries line and column.</exception>
    public static JsonTree Parse(byte[] json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        reader.Read();
        var root = Read(ref reader, json);
        reader.Read();
        return root;
    }

    public override string ToString() => Kind is JsonValueKind.Object ? "an object" : Kind is JsonValueKind.Array ? "an array"
        : Kind is JsonValueKind.String ? $"\"{Text}\"" : Text;

    private static JsonTree Read(ref Utf8JsonReader reader, byte[] json)
    {
        var start = (int)reader.TokenStartIndex;
        var line = 1 + json.AsSpan(0, start).Count((byte)'\n');
        var (kind, text) = (JsonValueKind.Null, "null");
        var members = new List<KeyValuePair<string, JsonTree>>();
        var items = new List<JsonTree>();
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                kind = JsonValueKind.Object;
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = reader.GetString()!;
                    reader.Read();
                    members.Add(KeyValuePair.Create(name, Read(ref reader, json)));
                }

                break;
            case JsonTokenType.StartArray:
                kind = JsonValueKind.Array;
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    items.Add(Read(ref reader, json));
                break;
            case JsonTokenType.String:
                (kind, text) = (JsonValueKind.String, reader.GetString()!);
                break;
            case JsonTokenType.Number:
                (kind, text) = (JsonValueKind.Number, reader.GetDouble().ToString(CultureInfo.InvariantCulture));
                break;
            case JsonTokenType.True or JsonTokenType.False:
                (kind, text) = reader.GetBoolean() ? (JsonValueKind.True, "true") : (JsonValueKind.False, "false");
                break;
        }

        return new JsonTree(line, kind, text, members, items, json.AsMemory(start, (int)reader.BytesConsumed - start));
    }
}
