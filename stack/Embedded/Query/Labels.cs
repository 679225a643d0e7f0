using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MicroMonitored.Embedded.Query;

/// <summary>An immutable label set in ordinal order of name; equal by content.</summary>
[JsonConverter(typeof(LabelsConverter))]
internal sealed class Labels : IEquatable<Labels>, IComparable<Labels>
{
    public const string MetricName = "__name__";

    public static readonly Labels Empty = new([]);

    private readonly KeyValuePair<string, string>[] _pairs;
    private readonly int _hash;

    private Labels(KeyValuePair<string, string>[] sorted)
    {
        _pairs = sorted;
        var code = new HashCode();
        foreach (var (name, value) in sorted)
        {
            code.Add(name, StringComparer.Ordinal);
            code.Add(value, StringComparer.Ordinal);
        }

        _hash = code.ToHashCode();
    }

    public ReadOnlySpan<KeyValuePair<string, string>> Pairs => _pairs;

    public int Count => _pairs.Length;

    /// <summary>Sorts; of a name given twice the last wins; empty values count as absent.</summary>
    public static Labels From(IEnumerable<KeyValuePair<string, string>> labels)
    {
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in labels)
            map[name] = value;

        return new([.. map.Where(static pair => pair.Value.Length > 0)]);
    }

    /// <summary>Sorts and keeps empty values, as Loki's parsed labels do.</summary>
    public static Labels FromParsed(IEnumerable<KeyValuePair<string, string>> labels)
    {
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in labels)
            map[name] = value;

        return new([.. map]);
    }

    /// <summary>The value, or the empty string where the label is missing.</summary>
    public string this[string name]
    {
        get
        {
            foreach (var (key, value) in _pairs)
            {
                if (key == name)
                    return value;
            }

            return "";
        }
    }

    public Labels WithoutName() => this[MetricName].Length == 0 ? this : new([.. _pairs.Where(static pair => pair.Key != MetricName)]);

    public Labels Only(IReadOnlyCollection<string> names) => new([.. _pairs.Where(pair => names.Contains(pair.Key))]);

    /// <summary>All but the given ones and the metric's name.</summary>
    public Labels Except(IReadOnlyCollection<string> names) =>
        new([.. _pairs.Where(pair => pair.Key != MetricName && !names.Contains(pair.Key))]);

    /// <summary>All but the given ones; the metric's name stays unless named.</summary>
    public Labels Without(IReadOnlyCollection<string> names) => new([.. _pairs.Where(pair => !names.Contains(pair.Key))]);

    public Labels With(string name, string value) =>
        From(_pairs.Where(pair => pair.Key != name).Append(new(name, value)));

    public int CompareTo(Labels? other)
    {
        if (other is null)
            return 1;

        for (var i = 0; i < _pairs.Length && i < other._pairs.Length; i++)
        {
            var order = string.CompareOrdinal(_pairs[i].Key, other._pairs[i].Key);
            if (order == 0)
                order = string.CompareOrdinal(_pairs[i].Value, other._pairs[i].Value);
            if (order != 0)
                return order;
        }

        return _pairs.Length.CompareTo(other._pairs.Length);
    }

    public bool Equals([NotNullWhen(true)] Labels? other)
    {
        if (ReferenceEquals(this, other))
            return true;
        if (other is null || _hash != other._hash || _pairs.Length != other._pairs.Length)
            return false;

        for (var i = 0; i < _pairs.Length; i++)
        {
            if (_pairs[i].Key != other._pairs[i].Key || _pairs[i].Value != other._pairs[i].Value)
                return false;
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as Labels);

    public override int GetHashCode() => _hash;

    public override string ToString() => "{" + string.Join(", ", _pairs.Select(static pair => $"{pair.Key}=\"{pair.Value}\"")) + "}";
}

/// <summary>Writes a label set as one object.</summary>
internal sealed class LabelsConverter : JsonConverter<Labels>
{
    public override Labels Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, Labels value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, text) in value.Pairs)
            writer.WriteString(name, text);
        writer.WriteEndObject();
    }
}
