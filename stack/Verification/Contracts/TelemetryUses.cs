using System.Text.Json;
using System.Text.RegularExpressions;
using MicroMonitored.Model.Expectations;
using MicroMonitored.Model.Queries;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Contracts;

/// <summary>What reads telemetry: panels, rules and expectations. Says which of them a difference touches.</summary>
public sealed class TelemetryUses
{
    private static readonly string[] Suffixes = ["", "_bucket", "_count", "_sum", "_total"];

    private readonly List<Query> _queries = [];
    private readonly Dictionary<string, ServiceExpectations> _byService = new(StringComparer.Ordinal);

    /// <summary>Adds the panels of a dashboard.</summary>
    /// <param name="json">Grafana's JSON model.</param>
    public void AddDashboard(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var title = document.RootElement.Text("title") ?? "";
        foreach (var query in DashboardQueries.Read(document.RootElement, []))
        {
            var text = (string?)query.Query["expr"] ?? (string?)query.Query["query"] ?? "";
            var legend = (string?)query.Query["legendFormat"] ?? "";
            Add($"panel \"{query.Panel}\" of {title}", text, query.DatasourceType, legend, null);
        }
    }

    /// <summary>Adds a rule.</summary>
    /// <param name="name">Its name; of a recording rule the metric that it makes.</param>
    public void AddRule(string name, string expression, bool isRecording)
        => Add(isRecording ? $"recording rule {name}" : $"alert {name}", expression, "prometheus", "", isRecording ? name : null);

    /// <summary>Adds what a service says of itself.</summary>
    public void AddExpectations(string service, ServiceExpectations expectations) => _byService[service] = expectations;

    /// <summary>The difference with those that it touches.</summary>
    public ContractDifference Touched(ContractDifference difference)
        => !difference.IsBreaking ? difference
            : difference with { Uses = [.. Queries(difference).Concat(Expectations(difference)).Distinct().Order(StringComparer.Ordinal)] };

    private void Add(string where, string text, string source, string legend, string? records)
    {
        if (text.Length > 0)
            _queries.Add(new Query(where, QueryNames.Of(text), source, legend, records));
    }

    private IEnumerable<string> Queries(ContractDifference difference) => difference.Item.Signal switch
    {
        EmittedSignal.Metric => OfMetric(
            [.. Suffixes.Select(suffix => difference.Item.Name + suffix)], difference.Item.Service, difference.Part, [], difference.Change),
        EmittedSignal.Span => _queries.Where(query => query.Source is "tempo" or "prometheus" && Reads(query, difference)).Select(query => query.Where),
        _ => _queries.Where(query => query.Source == "loki" && Reads(query, difference)).Select(query => query.Where),
    };

    // What a recording rule makes of it is touched like itself.
    private IEnumerable<string> OfMetric(
        IReadOnlyList<string> names, string service, string? label, IReadOnlyList<string> seen, ContractChange change)
    {
        foreach (var query in _queries.Where(query => query.Source == "prometheus"
            && query.Names.Selectors.Any(selector => names.Any(name => selector.MaySelect(name, service)))
            && (label is null || change == ContractChange.Multiplied || query.Names.Labels.Contains(label) || query.Names.Texts.Contains(label)
                || query.Legend.Contains($"{{{{{label}}}}}", StringComparison.Ordinal))))
        {
            yield return query.Where;
            if (query.Records is not { } recorded || seen.Contains(recorded))
                continue;
            foreach (var further in OfMetric([recorded], service, label, [.. seen, recorded], change))
                yield return further;
        }
    }

    private static bool Reads(Query query, ContractDifference difference)
    {
        var item = difference.Item;
        if (difference.Part is { } part && !item.Parents.Contains(part))
            return query.Names.Words.Any(word => word == part || word.EndsWith("." + part, StringComparison.Ordinal)) || query.Names.Labels.Contains(part);
        var name = item.Signal == EmittedSignal.Span ? item.Name[(item.Name.IndexOf(' ', StringComparison.Ordinal) + 1)..] : item.Name;
        var values = query.Names.Selectors.SelectMany(selector => selector.Matchers).Select(matcher => matcher.Value);
        return item.Signal == EmittedSignal.Span ? query.Names.Texts.Contains(name)
            : query.Names.Texts.Except(values).Any(text => text.Length > 0 && name.Contains(text, StringComparison.Ordinal));
    }

    private IEnumerable<string> Expectations(ContractDifference difference)
    {
        if (!_byService.TryGetValue(difference.Item.Service, out var known))
            yield break;
        var (item, part) = (difference.Item, difference.Part);
        if (item.Signal == EmittedSignal.Metric)
        {
            foreach (var metric in known.Metrics.Where(metric => Suffixes.Any(suffix => item.Name + suffix == metric.Name)
                && (part is null || metric.Labels.ContainsKey(part))))
                yield return known.At(metric.Line);
        }
        else if (item.Signal == EmittedSignal.Span)
        {
            foreach (var span in known.Spans.Where(span => item.Name.EndsWith(" " + span.Name, StringComparison.Ordinal)
                && (span.Kind is null || item.Name.StartsWith(span.Kind + " ", StringComparison.Ordinal))
                && (part is null || span.Attributes.ContainsKey(part))))
                yield return known.At(span.Line);
        }
        else
        {
            foreach (var line in known.Logs.Where(line => line.Message is { } message && Patterns.MayFit(message, Wild(item.Name))
                && (part is null || line.Fields.ContainsKey(part))))
                yield return known.At(line.Line);
        }
    }

    /// <summary>A template as a pattern: <c>*</c> in place of its fields.</summary>
    private static string Wild(string template)
        => Regex.Replace(template, @"\{[^{}]*\}", "*", RegexOptions.CultureInvariant);

    private sealed record Query(string Where, QueryNames Names, string Source, string Legend, string? Records);
}
