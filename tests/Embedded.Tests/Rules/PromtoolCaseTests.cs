using Embedded.Tests.Query;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Rules;
using MicroMonitored.Model.Settings;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Embedded.Tests.Rules;

/// <summary>The cases that promtool runs over the shipped rules, evaluated by this engine.</summary>
public sealed class PromtoolCaseTests
{
    private static string Folder => Path.GetFullPath(Path.Combine(DashboardTests.Dashboards(), "..", "..", "prometheus", "tests"));

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var file in Directory.GetFiles(Folder, "*.test.yml").Order(StringComparer.Ordinal))
            {
                foreach (var one in Read(file).Tests)
                    cases.Add(Path.GetFileName(file), one.Name);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Rules_fire_and_are_silent_as_for_Prometheus(string file, string name)
    {
        var all = Read(Path.Combine(Folder, file));
        var one = all.Tests.Single(test => test.Name == name);
        var faults = new List<string>();
        List<RuleGroupState> groups = [.. all.RuleFiles.Select(path => Path.GetFullPath(path, Folder))
            .SelectMany(path => RuleFiles.Parse(path, File.ReadAllText(path), faults)).Select(static group => new RuleGroupState(group))];
        Assert.Empty(faults);
        var store = new SampleStore();
        foreach (var series in one.InputSeries)
            store.Add(series.Series, series.Values, Milliseconds(one.Interval));

        var step = Milliseconds(all.EvaluationInterval);
        foreach (var moment in one.AlertRuleTest.Select(static test => test.EvalTime).Concat(one.PromqlExprTest.Select(static test => test.EvalTime))
            .Distinct().OrderBy(Milliseconds))
        {
            for (; _at <= Milliseconds(moment); _at += step)
            {
                foreach (var group in groups)
                    Assert.Equal(0, await group.EvaluateAsync(store, store, _at, default));
            }

            foreach (var test in one.AlertRuleTest.Where(test => test.EvalTime == moment))
            {
                Assert.Equal(
                    test.ExpAlerts.Select(static alert => Shown(alert.ExpLabels, alert.ExpAnnotations)).Order(StringComparer.Ordinal),
                    groups.SelectMany(static group => group.Rules).Where(rule => rule.Rule.Name == test.Alertname).SelectMany(static rule => rule.Alerts)
                        .Where(static alert => alert.IsFiring)
                        .Select(static alert => Shown(alert.Labels.Pairs.ToArray().Where(static pair => pair.Key != "alertname"), alert.Annotations))
                        .Order(StringComparer.Ordinal));
            }

            foreach (var test in one.PromqlExprTest.Where(test => test.EvalTime == moment))
            {
                Assert.Equal(
                    test.ExpSamples.Select(static sample => (Labels.From(PromParser.Matchers(Named(sample.Labels))
                        .Select(static matcher => KeyValuePair.Create(matcher.Name, matcher.Value))).ToString(), Math.Round(sample.Value, 9))).Order(),
                    PromEvaluator.Instant(store, PromParser.Parse(test.Expr), Milliseconds(moment), default).Vector
                        .Select(static point => (point.Labels.ToString(), Math.Round(point.Value, 9))).Order());
            }
        }
    }

    private long _at;

    // A selector without any label is no selector.
    private static string Named(string labels) => labels is "{}" or "" ? throw new NotSupportedException("a sample without labels") : labels;

    private static string Shown(IEnumerable<KeyValuePair<string, string>> labels, IEnumerable<KeyValuePair<string, string>> annotations) =>
        string.Join(' ', labels.Concat(annotations).Select(static pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal));

    private static long Milliseconds(string duration) =>
        DurationText.TryParse(duration, DurationNotation.Prometheus, out var milliseconds) ? (long)milliseconds : throw new FormatException(duration);

    private static CaseFile Read(string file) => new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build()
        .Deserialize<CaseFile>(File.ReadAllText(file));

    internal sealed class CaseFile
    {
        public List<string> RuleFiles { get; set; } = [];

        public string EvaluationInterval { get; set; } = "1m";

        public List<Case> Tests { get; set; } = [];
    }

    internal sealed class Case
    {
        public string Name { get; set; } = "";

        public string Interval { get; set; } = "1m";

        public List<Input> InputSeries { get; set; } = [];

        public List<AlertCase> AlertRuleTest { get; set; } = [];

        public List<ExpressionCase> PromqlExprTest { get; set; } = [];
    }

    internal sealed class Input
    {
        public string Series { get; set; } = "";

        public string Values { get; set; } = "";
    }

    internal sealed class AlertCase
    {
        public string Alertname { get; set; } = "";

        public string EvalTime { get; set; } = "";

        public List<Expected> ExpAlerts { get; set; } = [];
    }

    internal sealed class Expected
    {
        public Dictionary<string, string> ExpLabels { get; set; } = [];

        public Dictionary<string, string> ExpAnnotations { get; set; } = [];
    }

    internal sealed class ExpressionCase
    {
        public string Expr { get; set; } = "";

        public string EvalTime { get; set; } = "";

        public List<ExpectedSample> ExpSamples { get; set; } = [];
    }

    internal sealed class ExpectedSample
    {
        public string Labels { get; set; } = "";

        public double Value { get; set; }
    }
}
