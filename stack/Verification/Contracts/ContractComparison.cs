namespace MicroMonitored.Verification.Contracts;

/// <summary>Compares what services emit with what they emitted.</summary>
public static class ContractComparison
{
    private const double Alike = 0.8;
    private static readonly char[] Separators = ['_', '.', ' ', '/', '{', '}', '-', ':', '"'];

    /// <summary>The differences in the order of the contracts; none where they are the same.</summary>
    /// <param name="locked">As it was.</param>
    /// <param name="emitted">As it is.</param>
    public static IReadOnlyList<ContractDifference> Of(TelemetryContract locked, TelemetryContract emitted)
    {
        var (was, now) = (ByKey(locked), ByKey(emitted));
        var gone = was.Where(item => !now.ContainsKey(item.Key)).Select(item => item.Value).ToList();
        var added = now.Where(item => !was.ContainsKey(item.Key)).Select(item => item.Value).ToList();
        var differences = was.Where(item => now.ContainsKey(item.Key)).SelectMany(item => Changes(item.Value, now[item.Key])).ToList();
        foreach (var (old, renamed) in Renamed(gone, added))
        {
            var isKind = old.Signal == EmittedSignal.Span && Bare(old.Name) == Bare(renamed.Name);
            differences.Add(new ContractDifference(
                isKind ? ContractChange.Retyped : ContractChange.Renamed, old, null,
                isKind ? $"{old} is now {renamed}" : $"{old} is now called {renamed.Name}", []));
            differences.AddRange(Changes(old, renamed));
            gone.Remove(old);
            added.Remove(renamed);
        }

        differences.AddRange(gone.Select(item => new ContractDifference(ContractChange.Removed, item, null, $"{item} is gone", [])));
        differences.AddRange(added.Select(item => new ContractDifference(ContractChange.Added, item, null, $"{item}", [])));
        return
        [
            .. differences.OrderBy(difference => difference.Item.Service, StringComparer.Ordinal).ThenBy(difference => difference.Item.Signal)
                .ThenBy(difference => difference.Item.Name, StringComparer.Ordinal).ThenBy(difference => difference.Detail, StringComparer.Ordinal),
        ];
    }

    private static Dictionary<(string, EmittedSignal, string), EmittedItem> ByKey(TelemetryContract contract)
        => contract.Items.ToDictionary(item => (item.Service, item.Signal, item.Name));

    private static IEnumerable<ContractDifference> Changes(EmittedItem was, EmittedItem now)
    {
        foreach (var (trait, value) in was.Traits)
        {
            if (now.Traits.GetValueOrDefault(trait, "") is var other && other != value)
                yield return new ContractDifference(ContractChange.Retyped, was, null, $"{was}: its {trait} is {Shown(other)}, was {Shown(value)}", []);
        }

        var word = was.Signal switch { EmittedSignal.Metric => "label", EmittedSignal.Span => "attribute", _ => "field" };
        var gone = was.Parts.Where(part => !now.Parts.ContainsKey(part.Key)).ToList();
        var added = now.Parts.Where(part => !was.Parts.ContainsKey(part.Key)).ToList();
        var isRenamed = gone.Count == 1 && added.Count == 1 && gone[0].Value == added[0].Value;
        foreach (var part in gone)
        {
            yield return isRenamed
                ? new ContractDifference(ContractChange.Renamed, was, part.Key, $"{was}: {word} {part.Key} is now called {added[0].Key}", [])
                : new ContractDifference(ContractChange.Removed, was, part.Key, $"{was}: {word} {part.Key} is gone", []);
        }

        foreach (var part in isRenamed ? [] : added)
            yield return new ContractDifference(ContractChange.Added, was, part.Key, $"{was}: {word} {part.Key}", []);
        foreach (var (part, value) in was.Parts)
        {
            if (!now.Parts.TryGetValue(part, out var other) || other == value)
                continue;
            yield return was.Signal != EmittedSignal.Metric
                ? new ContractDifference(ContractChange.Retyped, was, part, $"{was}: {word} {part} is {other}, was {value}", [])
                : other == "many"
                    ? new ContractDifference(ContractChange.Multiplied, was, part, $"{was}: label {part} has many values now, had few", [])
                    : new ContractDifference(ContractChange.Added, was, part, $"{was}: label {part} has few values now, had many", []);
        }

        foreach (var parent in was.Parents.Except(now.Parents))
            yield return new ContractDifference(ContractChange.Removed, was, parent, $"{was}: is no longer below {parent}", []);
        foreach (var parent in now.Parents.Except(was.Parents))
            yield return new ContractDifference(ContractChange.Added, was, parent, $"{was}: is below {parent}", []);
    }

    // The likest first, and each only once.
    private static List<(EmittedItem Was, EmittedItem Now)> Renamed(IReadOnlyList<EmittedItem> gone, IReadOnlyList<EmittedItem> added)
    {
        var pairs = from was in gone
                    from now in added
                    where was.Service == now.Service && was.Signal == now.Signal
                    let likeness = Overlap(was.Parts.Keys, now.Parts.Keys) + Overlap(Words(was), Words(now))
                    where likeness >= Alike && Overlap(Words(was), Words(now)) > 0
                    orderby likeness descending, was.Name, now.Name
                    select (was, now);
        var renamed = new List<(EmittedItem Was, EmittedItem Now)>();
        foreach (var pair in pairs)
        {
            if (!renamed.Exists(known => known.Was == pair.was || known.Now == pair.now))
                renamed.Add(pair);
        }

        return renamed;
    }

    // A metric's type and a span's kind are no likeness of names.
    private static IEnumerable<string> Words(EmittedItem item)
        => (item.Signal == EmittedSignal.Span ? Bare(item.Name) : item.Name).Split(Separators, StringSplitOptions.RemoveEmptyEntries)
            .Where(word => word is not ("total" or "GET" or "POST"));

    private static string Bare(string span) => span[(span.IndexOf(' ', StringComparison.Ordinal) + 1)..];

    private static double Overlap(IEnumerable<string> left, IEnumerable<string> right)
    {
        var (a, b) = (left.ToHashSet(StringComparer.Ordinal), right.ToHashSet(StringComparer.Ordinal));
        return a.Count + b.Count == 0 ? 1 : a.Intersect(b).Count() / (double)a.Union(b).Count();
    }

    private static string Shown(string value) => value.Length == 0 ? "none" : value;
}
