using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Model.Settings;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace MicroMonitored.Embedded.Rules;

/// <summary>A rule; without an expression where it cannot be read, for the reason in <see cref="Fault"/>.</summary>
internal sealed record Rule(bool IsAlert, string Name, string Query, PromNode? Expression, string? Fault)
{
    /// <summary>How long an alert's condition holds before it fires.</summary>
    public long ForMs { get; init; }

    /// <summary>How long an alert goes on firing when its condition has ended.</summary>
    public long KeepFiringMs { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
}

/// <summary>Rules that are evaluated one after the other.</summary>
internal sealed record RuleGroup(string File, string Name, long IntervalMs, IReadOnlyList<Rule> Rules);

/// <summary>Reads files of Prometheus' recording and alerting rules.</summary>
/// <remarks>https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/</remarks>
internal static class RuleFiles
{
    /// <summary>How often rules are evaluated whose group does not say, as the shipped Prometheus has it.</summary>
    public const long IntervalMs = 5000;

    private static readonly IDeserializer Yaml = new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance)
        .WithDuplicateKeyChecking().Build();

    /// <summary>The groups of every <c>*.yml</c> of a folder, and a line for each fault; a file that is no rule file is left out.</summary>
    public static (IReadOnlyList<RuleGroup> Groups, IReadOnlyList<string> Faults) Read(string folder)
    {
        var groups = new List<RuleGroup>();
        var faults = new List<string>();
        foreach (var file in Files(folder))
        {
            try
            {
                groups.AddRange(Parse(file, File.ReadAllText(file), faults));
            }
            catch (YamlException exception)
            {
                faults.Add($"{file}({exception.Start.Line}): {exception.InnerException?.Message ?? exception.Message}");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{file}: cannot be read: {exception.Message}");
            }
        }

        return (groups, faults);
    }

    /// <summary>The rule files of a folder, in order of name; none where there is no such folder.</summary>
    public static IEnumerable<string> Files(string folder) => Directory.Exists(folder) ? Directory.GetFiles(folder, "*.yml").Order(StringComparer.Ordinal) : [];

    /// <summary>The groups of one file; what is wrong with a group or rule is added to the faults, and the others are read.</summary>
    /// <exception cref="YamlException">The text is not YAML or has keys that no rule file has.</exception>
    public static IReadOnlyList<RuleGroup> Parse(string file, string text, ICollection<string> faults)
    {
        var groups = new List<RuleGroup>();
        foreach (var group in Yaml.Deserialize<RuleFile?>(text)?.Groups ?? [])
        {
            if (group is not { Name.Length: > 0 } || groups.Any(other => other.Name == group.Name))
            {
                var what = group is { Name.Length: > 0 } ? $"group {group.Name} is there twice" : "a group has no name";
                faults.Add($"{file}: {what}; give each a name of its own");
                continue;
            }

            var place = $"{file}: group {group.Name}";
            foreach (var key in (string?[])[group.QueryOffset is null ? null : "query_offset", group.Limit > 0 ? "limit" : null])
            {
                if (key is not null)
                    faults.Add($"{place}: {key} is not evaluated by the embedded engine; --engine=docker does");
            }

            groups.Add(new(file, group.Name, group.Interval is { } interval ? Duration(interval, $"{place}: interval", faults) : IntervalMs,
                [.. (group.Rules ?? []).Select(entry => Read(entry ?? new(), group.Labels ?? [], place, faults))]));
        }

        return groups;
    }

    private static Rule Read(RuleEntry entry, Dictionary<string, string> shared, string place, ICollection<string> faults)
    {
        var name = entry.Alert ?? entry.Record ?? "";
        place = $"{place}: {(name.Length > 0 ? $"rule {name}" : "a rule")}";
        var labels = shared.Where(label => entry.Labels?.ContainsKey(label.Key) != true).Concat(entry.Labels ?? []).ToDictionary();
        PromNode? expression = null;
        var fault = Unfit(entry, labels);
        try
        {
            expression = fault is null ? PromParser.Parse(entry.Expr ?? "") : null;
        }
        catch (QuerySyntaxException exception)
        {
            var (line, column) = exception.PositionIn(entry.Expr ?? "");
            fault = $"{line}:{column}: parse error: {exception.Message}";
        }

        if (fault is not null)
            faults.Add($"{place}: {fault}");
        return new(entry.Alert is not null, name, entry.Expr?.Trim() ?? "", expression, fault)
        {
            ForMs = entry.For is { } pending ? Duration(pending, $"{place}: for", faults) : 0,
            KeepFiringMs = entry.KeepFiringFor is { } keep ? Duration(keep, $"{place}: keep_firing_for", faults) : 0,
            Labels = labels,
            Annotations = entry.Annotations ?? [],
        };
    }

    private static string? Unfit(RuleEntry entry, Dictionary<string, string> labels)
    {
        if (string.IsNullOrEmpty(entry.Alert) == string.IsNullOrEmpty(entry.Record))
            return "has to have either alert or record";
        if (labels.ContainsKey(Labels.MetricName))
            return $"{Labels.MetricName} is no label of a rule";
        if (entry.Alert is null)
        {
            return entry is { For: null, KeepFiringFor: null, Annotations: null } ? null : "for, keep_firing_for and annotations are of alerts only";
        }

        return labels.Concat(entry.Annotations ?? []).Select(pair => RuleTemplate.Fault(pair.Value) is { } fault ? $"{pair.Key}: {fault}" : null)
            .FirstOrDefault(fault => fault is not null);
    }

    private static long Duration(string text, string place, ICollection<string> faults)
    {
        if (DurationText.TryParse(text, DurationNotation.Prometheus, out var milliseconds))
            return (long)milliseconds;
        faults.Add($"{place}: \"{text}\" is no duration such as 30s or 5m");
        return IntervalMs;
    }

    private sealed class RuleFile
    {
        public List<GroupEntry?>? Groups { get; set; }
    }

    private sealed class GroupEntry
    {
        public string Name { get; set; } = "";

        public string? Interval { get; set; }

        public string? QueryOffset { get; set; }

        public int Limit { get; set; }

        public Dictionary<string, string>? Labels { get; set; }

        public List<RuleEntry?>? Rules { get; set; }
    }

    private sealed class RuleEntry
    {
        public string? Alert { get; set; }

        public string? Record { get; set; }

        public string? Expr { get; set; }

        public string? For { get; set; }

        public string? KeepFiringFor { get; set; }

        public Dictionary<string, string>? Labels { get; set; }

        public Dictionary<string, string>? Annotations { get; set; }
    }
}
