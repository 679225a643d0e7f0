namespace MicroMonitored.Verification.Probes;

/// <summary>One span, as sent or as read back.</summary>
/// <param name="TraceId">32 lower-case hex digits.</param>
/// <param name="SpanId">16 lower-case hex digits.</param>
/// <param name="ParentId">16 lower-case hex digits; null for a root.</param>
/// <param name="StartNs">Nanoseconds since the Unix epoch.</param>
/// <param name="EndNs">Nanoseconds since the Unix epoch.</param>
/// <param name="Service">The resource's <c>service.name</c>.</param>
/// <param name="Attributes">Values are <see cref="string"/>, <see cref="long"/>, <see cref="double"/> or <see cref="bool"/>.</param>
internal sealed record TraceSpan(
    string TraceId,
    string SpanId,
    string? ParentId,
    string Name,
    SpanKind Kind,
    long StartNs,
    long EndNs,
    string Service,
    IReadOnlyDictionary<string, object> Attributes)
{
    /// <summary>Whether its status is ERROR.</summary>
    public bool IsError { get; init; }

    /// <summary>What its status says; empty where it says nothing.</summary>
    public string StatusMessage { get; init; } = "";

    /// <summary>What was recorded on it, with attributes, by name.</summary>
    public IReadOnlyList<(string Name, IReadOnlyDictionary<string, object> Attributes)> Events { get; init; } = [];

    /// <summary>The stack of the exception recorded on it; null where none is.</summary>
    public string? ExceptionStack { get; init; }
}

/// <summary>Compares a trace as read back with the trace as sent.</summary>
internal static class TraceComparison
{
    /// <summary>What differs, one line each; empty when the traces are equal span by span.</summary>
    /// <param name="exactAttributes">False where the receiver translates a foreign protocol and may add attributes of its own.</param>
    public static IReadOnlyList<string> Differences(IReadOnlyList<TraceSpan> sent, IReadOnlyList<TraceSpan> stored, bool exactAttributes)
    {
        var differences = new List<string>();
        foreach (var doubled in stored.GroupBy(span => span.SpanId, StringComparer.Ordinal).Where(group => group.Count() > 1))
            differences.Add($"span {doubled.Key} is there {doubled.Count()} times");
        foreach (var unexpected in stored.Where(span => sent.All(expected => expected.SpanId != span.SpanId)))
            differences.Add($"unexpected span {unexpected.SpanId} '{unexpected.Name}'");
        foreach (var expected in sent)
        {
            var actual = stored.FirstOrDefault(span => span.SpanId == expected.SpanId);
            if (actual is null)
            {
                differences.Add($"span {expected.SpanId} '{expected.Name}' is missing");
                continue;
            }
            void Compare<T>(string field, T wanted, T found)
            {
                if (!EqualityComparer<T>.Default.Equals(wanted, found))
                    differences.Add($"span '{expected.Name}': {field} is '{found}', sent '{wanted}'");
            }
            Compare("trace id", expected.TraceId, actual.TraceId);
            Compare("parent", expected.ParentId, actual.ParentId);
            Compare("name", expected.Name, actual.Name);
            Compare("kind", expected.Kind, actual.Kind);
            Compare("start", expected.StartNs, actual.StartNs);
            Compare("end", expected.EndNs, actual.EndNs);
            Compare("service", expected.Service, actual.Service);
            Compare("error status", expected.IsError, actual.IsError);
            foreach (var (key, value) in expected.Attributes)
            {
                if (!actual.Attributes.TryGetValue(key, out var found))
                    differences.Add($"span '{expected.Name}': attribute {key} is missing");
                else if (!Same(value, found))
                    differences.Add($"span '{expected.Name}': attribute {key} is '{found}', sent '{value}'");
            }
            if (exactAttributes)
            {
                foreach (var added in actual.Attributes.Keys.Except(expected.Attributes.Keys))
                    differences.Add($"span '{expected.Name}': unexpected attribute {added}");
            }
        }
        return differences;
    }

    // JSON has one kind of number: a whole double may be written, and then read, as an integer.
    private static bool Same(object sent, object found) =>
        sent.Equals(found) || (sent is double number && found is long whole && number == whole);
}
