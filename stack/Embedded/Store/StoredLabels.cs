using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MicroMonitored.Embedded.Store;

/// <summary>Label sets as the store keys them: a JSON object with its names in ordinal order.</summary>
internal static class StoredLabels
{
    private static readonly JsonWriterOptions Options =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The labels in ordinal order of name; empty values are no labels, a repeated name keeps its last value.</summary>
    public static KeyValuePair<string, string>[] Sort(IReadOnlyList<KeyValuePair<string, string>> labels)
    {
        var sorted = new KeyValuePair<string, string>[labels.Count];
        var count = 0;
        for (var i = 0; i < labels.Count; i++)
            if (labels[i].Value.Length > 0)
                sorted[count++] = labels[i];
        Array.Resize(ref sorted, count);
        for (var i = 1; i < count; i++)
            if (string.CompareOrdinal(sorted[i - 1].Key, sorted[i].Key) >= 0)
                return [.. sorted.GroupBy(label => label.Key, StringComparer.Ordinal).Select(group => group.Last())
                    .OrderBy(label => label.Key, StringComparer.Ordinal)];
        return sorted;
    }

    public static string ToJson(IReadOnlyList<KeyValuePair<string, string>> labels)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartObject();
        for (var i = 0; i < labels.Count; i++)
            writer.WriteString(labels[i].Key, labels[i].Value);
        writer.WriteEndObject();
        writer.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static KeyValuePair<string, string>[] FromJson(string json)
    {
        var labels = new List<KeyValuePair<string, string>>();
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
                continue;
            var name = reader.GetString()!;
            reader.Read();
            labels.Add(new(name, reader.GetString()!));
        }

        return [.. labels];
    }

    public static string? Value(IReadOnlyList<KeyValuePair<string, string>> labels, string name)
    {
        for (var i = 0; i < labels.Count; i++)
            if (labels[i].Key == name)
                return labels[i].Value;
        return null;
    }

    /// <summary>A predicate for all matchers; expressions are anchored, take linear time and treat <c>.</c> as any character, as Prometheus 3 does.</summary>
    /// <exception cref="ArgumentException">An expression is not one that runs in linear time.</exception>
    public static Func<IReadOnlyList<KeyValuePair<string, string>>, bool> Predicate(IReadOnlyList<LabelMatcher> matchers)
    {
        var tests = matchers.Select(Test).ToArray();
        return labels =>
        {
            foreach (var (name, test) in tests)
                if (!test(Value(labels, name) ?? ""))
                    return false;
            return true;
        };
    }

    private static (string Name, Func<string, bool> Test) Test(LabelMatcher matcher)
    {
        if (matcher.Operator is MatchOperator.Equal)
            return (matcher.Name, value => value == matcher.Value);
        if (matcher.Operator is MatchOperator.NotEqual)
            return (matcher.Name, value => value != matcher.Value);
        Regex regex;
        try
        {
            regex = new Regex(
                $@"\A(?:{matcher.Value})\z",
                RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline,
                TimeSpan.FromSeconds(1));
        }
        catch (NotSupportedException exception)
        {
            throw new ArgumentException($"Expression of {matcher.Name} is not supported: {exception.Message}", exception);
        }

        var negate = matcher.Operator is MatchOperator.NotMatches;
        return (matcher.Name, value => regex.IsMatch(value) != negate);
    }
}

/// <summary>The label sets of one kind, in memory: found by labels when writing, by matchers when reading.</summary>
/// <typeparam name="T">What is kept beside the labels.</typeparam>
internal sealed class LabelIndex<T>(string keyLabel)
    where T : class
{
    private readonly ConcurrentDictionary<string, T> _byLabels = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, (LabelSet Set, T Item)> _byId = new();
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<long, byte>> _byKey = new(StringComparer.Ordinal);

    public int Count => _byId.Count;

    public bool TryGet(string json, out T? item) => _byLabels.TryGetValue(json, out item);

    public T? Get(long id) => _byId.TryGetValue(id, out var entry) ? entry.Item : null;

    public IEnumerable<(LabelSet Set, T Item)> All => _byId.Values;

    public void Add(string json, LabelSet set, T item)
    {
        _byId[set.Id] = (set, item);
        _byKey.GetOrAdd(StoredLabels.Value(set.Labels, keyLabel) ?? "", _ => new())[set.Id] = 0;
        _byLabels[json] = item;
    }

    public void Remove(string json, LabelSet set)
    {
        _byLabels.TryRemove(json, out _);
        _byId.TryRemove(set.Id, out _);
        var key = StoredLabels.Value(set.Labels, keyLabel) ?? "";
        if (_byKey.TryGetValue(key, out var ids))
            ids.TryRemove(set.Id, out _);
    }

    public IReadOnlyList<LabelSet> Find(IReadOnlyList<LabelMatcher> matchers, int limit, CancellationToken cancellation)
    {
        var predicate = StoredLabels.Predicate(matchers);
        var key = matchers.FirstOrDefault(matcher => matcher.Name == keyLabel && matcher.Operator == MatchOperator.Equal);
        var candidates = key is null
            ? _byId.Values.Select(entry => entry.Set)
            : _byKey.TryGetValue(key.Value, out var ids)
                ? ids.Keys.Select(id => _byId.TryGetValue(id, out var entry) ? entry.Set : null).OfType<LabelSet>()
                : [];
        var found = new List<LabelSet>();
        foreach (var set in candidates)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!predicate(set.Labels))
                continue;
            if (found.Count == limit)
                throw new QueryLimitException($"The selector matches more than {limit} label sets; narrow it.");
            found.Add(set);
        }

        found.Sort(static (left, right) => left.Id.CompareTo(right.Id));
        return found;
    }
}
