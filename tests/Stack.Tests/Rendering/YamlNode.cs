using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Stack.Tests.Rendering;

/// <summary>A parsed YAML document with its merges resolved, addressed by key.</summary>
internal sealed class YamlNode(object? value)
{
    public static YamlNode Parse(string text)
        => new(new DeserializerBuilder().Build().Deserialize<object?>(new MergingParser(new Parser(new StringReader(text)))));

    public string? Text => value as string;

    public IEnumerable<YamlNode> Items => value is List<object> list ? list.Select(item => new YamlNode(item)) : [];

    public IEnumerable<string> Keys => value is Dictionary<object, object> map ? map.Keys.Select(key => (string)key) : [];

    public bool IsMap => value is Dictionary<object, object>;

    public bool IsList => value is List<object>;

    public YamlNode this[string key]
        => value is Dictionary<object, object> map && map.TryGetValue(key, out var child)
            ? new YamlNode(child)
            : throw new KeyNotFoundException($"no key {key} among {string.Join(", ", Keys)}");

    public YamlNode? Find(string key) => value is Dictionary<object, object> map && map.TryGetValue(key, out var child) ? new YamlNode(child) : null;

    public IReadOnlyList<string> Texts => [.. Items.Select(item => item.Text!)];
}
