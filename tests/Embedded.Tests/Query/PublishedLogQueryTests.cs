using System.Globalization;
using System.Text.Json.Nodes;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Store;

namespace Embedded.Tests.Query;

/// <summary>Loki's own tests: the queries that its parser's tests give as valid and as invalid, and the lines, queries and answers of its scripts.</summary>
public sealed class PublishedLogQueryTests(ITestOutputHelper output)
{
    private const string Refused = "approx_topk";

    private static JsonNode Published(string name) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "published", name)))!;

    private static string? Fault(string query)
    {
        try
        {
            LogParser.Parse(query);
            return null;
        }
        catch (QuerySyntaxException e)
        {
            return e.Message;
        }
    }

    [Fact]
    public void What_Loki_takes_is_read()
    {
        var all = Published("logql-queries.json")["valid"]!.AsArray().Select(static one => (string)one!).ToList();
        var refused = all.Select(static query => (Query: query, Fault: Fault(query))).Where(static one => one.Fault is not null).ToList();
        var unknown = refused.Where(static one => !one.Query.Contains(Refused, StringComparison.Ordinal)).ToList();
        output.WriteLine($"{all.Count - refused.Count} of {all.Count} queries that Loki's tests give as valid are read; "
            + $"{refused.Count - unknown.Count} are refused by name");
        Assert.Empty(unknown.Select(static one => $"{one.Query}: {one.Fault}"));
    }

    [Fact]
    public void What_Loki_refuses_is_refused()
    {
        var all = Published("logql-queries.json")["invalid"]!.AsArray().Select(static one => (string)one!).ToList();
        var taken = all.Where(static query => Fault(query) is null).ToList();
        output.WriteLine($"{all.Count - taken.Count} of {all.Count} queries that Loki's tests give as invalid are refused");
        Assert.Empty(taken);
    }

    [Fact]
    public void Loki_s_scripts_have_Loki_s_answers()
    {
        var (count, named) = (0, 0);
        var faults = new List<string>();
        foreach (var scenario in Published("logql.json")["scenarios"]!.AsArray())
        {
            var store = Loaded(scenario!["load"]!.AsArray());
            foreach (var one in scenario["evals"]!.AsArray())
            {
                count++;
                var query = (string)one!["q"]!;
                if (query.Contains(Refused, StringComparison.Ordinal))
                {
                    named++;
                    Assert.Contains("--engine=docker", Fault(query), StringComparison.Ordinal);
                    continue;
                }

                var (expected, actual) = (Expected(one), Actual(store, one, query));
                var fits = one["fail"] is { } reason
                    ? actual.StartsWith("fails: ", StringComparison.Ordinal) && actual.Contains((string)reason!, StringComparison.OrdinalIgnoreCase)
                    : actual == expected;
                if (!fits)
                    faults.Add($"{query}\n  expected {(one["fail"] is null ? expected : "fails: " + one["fail"])}\n  actual   {actual}");
            }
        }

        output.WriteLine($"{count - named - faults.Count} of {count} queries of Loki's scripts have Loki's answers; {named} are refused by name");
        Assert.True(faults.Count == 0, string.Join("\n", faults.Take(20)));
    }

    private static InMemoryStore Loaded(JsonArray lines)
    {
        var store = new InMemoryStore();
        foreach (var one in lines)
        {
            var line = one!.AsArray();
            for (var i = 0; i < (int)line[4]!; i++)
            {
                var text = ((string)line[1]!).Replace("{{.i}}", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
                store.Add(Pairs(line[0]!), ((long)line[2]! + (i * (long)line[3]!)) * 1_000_000, text, Pairs(line[5]!));
            }
        }

        return store;
    }

    private static List<KeyValuePair<string, string>> Pairs(JsonNode node) =>
        [.. node.AsObject().Select(static pair => new KeyValuePair<string, string>(pair.Key, (string)pair.Value!))];

    private static bool Instant(JsonNode one) => one["at"] is not null;

    private static string Expected(JsonNode one)
    {
        if (one["scalar"] is { } scalar)
            return "{} " + Number((string)scalar!);
        var series = (one["series"]?.AsArray() ?? []).Select(static one =>
            Written(Pairs(one![0]!), one[1]!.AsArray().Select(static point => (string)point! is "_" ? "_" : Number((string)point!))));
        return string.Join("; ", one["ordered"] is null ? series.Order(StringComparer.Ordinal) : series);
    }

    private static string Number(string text) =>
        Quantities.TryNumber(text, out var value) ? Number(value) : throw new FormatException($"{text} is no number");

    // Sums in another order may differ in the last digits.
    private static string Number(double value) => double.IsFinite(value) ? value.ToString("G11", CultureInfo.InvariantCulture) : Quantities.Format(value);

    private static string Written(IEnumerable<KeyValuePair<string, string>> labels, IEnumerable<string> points) =>
        "{" + string.Join(", ", labels.Select(static label => $"{label.Key}=\"{label.Value}\"").Order(StringComparer.Ordinal)) + "} "
        + string.Join(" ", points);

    private static string Actual(InMemoryStore store, JsonNode one, string query)
    {
        var (from, to, step) = Instant(one) ? ((long)one["at"]!, (long)one["at"]!, 1000) : ((long)one["from"]!, (long)one["to"]!, (long)one["step"]!);
        var named = one["series"]?.ToJsonString().Contains(DetectedLevel.Label, StringComparison.Ordinal) == true;
        IReadOnlyList<PromSeries> series;
        try
        {
            series = new LogEvaluator(store, default).Metric(LogParser.Parse(query), from * 1_000_000, to * 1_000_000, step * 1_000_000);
        }
        catch (Exception e) when (e is QuerySyntaxException or QueryExecutionException)
        {
            return "fails: " + e.Message;
        }

        var written = series.Select(one =>
        {
            var points = one.Points.ToDictionary(static point => point.TimestampMs, static point => Number(point.Value));
            var times = Enumerable.Range(0, (int)((to - from) / step) + 1).Select(i => from + (i * step));
            // Loki's scripts load their lines past the place that derives a level.
            var labels = one.Labels.Pairs.ToArray().Where(label => named || label.Key != DetectedLevel.Label);
            return Written(labels, times.Select(time => points.GetValueOrDefault(time, "_")));
        });
        return string.Join("; ", one["ordered"] is null ? written.Order(StringComparer.Ordinal) : written);
    }
}
