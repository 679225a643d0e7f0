using System.Text.Json;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Rules;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Embedded.Web;

namespace Embedded.Tests.Rules;

public sealed class RuleTests
{
    private readonly SampleStore _store = new();
    private readonly List<string> _faults = [];

    private RuleGroupState Group(string rules) => new(Assert.Single(RuleFiles.Parse("rules.yml", $"groups:\n- name: g\n  rules:\n{rules}", _faults)));

    private string Ask(string query, long atMs) => string.Join("; ", PromEvaluator.Instant(_store, PromParser.Parse(query), atMs, default).Vector
        .Select(static point => $"{point.Labels} {Quantities.Format(point.Value)}"));

    [Fact]
    public async Task A_rule_sees_what_those_before_it_have_recorded()
    {
        _store.Add("x{job=\"a\"}", "1 2 3", 5000);
        var group = Group("  - {record: 'job:x', expr: 'x * 10', labels: {team: t}}\n  - {record: 'job:y', expr: 'job:x + 1'}");
        Assert.Equal(0, await group.EvaluateAsync(_store, _store, 5000, default));
        Assert.Equal("{__name__=\"job:y\", job=\"a\", team=\"t\"} 21", Ask("job:y", 5000));
    }

    [Fact]
    public async Task An_alert_is_pending_then_fires_then_ends_and_its_series_end_with_it()
    {
        _store.Add("up{job=\"a\"}", "1 0 0 0 1 1", 5000);
        var group = Group("  - {alert: Down, expr: 'up == 0', for: 10s, labels: {severity: critical},\n"
            + "     annotations: {summary: '{{ $labels.job }} is {{ $value }}'}}");
        var states = new List<string>();
        for (var at = 0; at <= 25_000; at += 5000)
        {
            await group.EvaluateAsync(_store, _store, at, default);
            states.Add($"{group.Rules[0].State} {Ask("ALERTS", at)}");
        }

        const string Series = "{__name__=\"ALERTS\", alertname=\"Down\", alertstate=\"STATE\", job=\"a\", severity=\"critical\"} 1";
        var pending = $"pending {Series.Replace("STATE", "pending", StringComparison.Ordinal)}";
        var firing = $"firing {Series.Replace("STATE", "firing", StringComparison.Ordinal)}";
        Assert.Equal(["inactive ", pending, pending, firing, "inactive ", "inactive "], states);
        Assert.Equal("a is 0", Assert.Single(group.Rules[0].Alerts).Annotations["summary"]);
        Assert.Equal("{__name__=\"ALERTS_FOR_STATE\", alertname=\"Down\", job=\"a\", severity=\"critical\"} 5", Ask("ALERTS_FOR_STATE", 15_000));
    }

    [Fact]
    public async Task An_alert_may_be_kept_firing_after_its_end()
    {
        _store.Add("up", "0 1x20", 5000);
        var group = Group("  - {alert: Down, expr: 'up == 0', keep_firing_for: 20s}");
        for (var at = 0; at <= 20_000; at += 5000)
        {
            await group.EvaluateAsync(_store, _store, at, default);
            Assert.Equal("firing", group.Rules[0].State);
        }

        await group.EvaluateAsync(_store, _store, 25_000, default);
        Assert.Equal("inactive", group.Rules[0].State);
    }

    [Theory]
    [InlineData("9m", 5, 20, 20)]
    [InlineData("30m", 5, 20, 15)]
    [InlineData("30m", 25, 40, 20)]
    [InlineData("30m", 40, 60, 1)]
    [InlineData("30m", 5, 70, 70)]
    public async Task What_had_held_before_a_stop_counts_after_it_as_Prometheus_has_it(string holds, int heldMinutes, int startedAt, int activeSince)
    {
        static long Ms(int minute) => minute * 60_000L;
        var rules = $"  - {{alert: Down, expr: vector(1), for: {holds}}}";
        var before = Group(rules);
        for (var minute = 1; minute <= 1 + heldMinutes; minute++)
            await before.EvaluateAsync(_store, _store, Ms(minute), default);
        var after = Group(rules);
        await after.EvaluateAsync(_store, _store, Ms(startedAt + 1), default);
        var alert = Assert.Single(after.Rules[0].Alerts);
        Assert.Equal(Ms(activeSince), alert.ActiveAtMs - (activeSince == 1 ? 0 : Ms(1)));
        Assert.Equal(heldMinutes == 40, alert.IsFiring);
    }

    [Fact]
    public async Task Faults_name_file_group_rule_and_place_and_the_other_rules_go_on()
    {
        _store.Add("x", "1", 5000);
        var group = Group("  - {record: bad, expr: 'sum(x'}\n  - {alert: A, record: b, expr: x}\n"
            + "  - {alert: Soon, expr: x, for: soon}\n  - {record: good, expr: x}");
        Assert.Equal(
            [
                "rules.yml: group g: rule bad: 1:6: parse error: unclosed left parenthesis",
                "rules.yml: group g: rule A: has to have either alert or record",
                "rules.yml: group g: rule Soon: for: \"soon\" is no duration such as 30s or 5m",
            ], _faults);
        Assert.Equal(2, await group.EvaluateAsync(_store, _store, 0, default));
        Assert.Equal("{__name__=\"good\"} 1", Ask("good", 0));
        Assert.Equal("err", group.Rules[0].Health);
        Assert.Equal("1:6: parse error: unclosed left parenthesis", group.Rules[0].LastError);
    }

    [Theory]
    [InlineData("- name: g\n  rules: [{record: r, expr: x, for: 5m}]", "rules.yml: group g: rule r: for, keep_firing_for and annotations are of alerts only")]
    [InlineData("- name: g\n  rules: [{record: r, expr: x, annotations: {a: b}}]",
        "rules.yml: group g: rule r: for, keep_firing_for and annotations are of alerts only")]
    [InlineData("- name: g\n  rules: [{alert: A, expr: x, annotations: {a: '{{ $nothing }}'}}]",
        "rules.yml: group g: rule A: a: undefined variable \"$nothing\"")]
    [InlineData("- name: g\n- name: g", "rules.yml: group g is there twice; give each a name of its own")]
    [InlineData("- rules: [{record: r, expr: x}]", "rules.yml: a group has no name; give each a name of its own")]
    [InlineData("-", "rules.yml: a group has no name; give each a name of its own")]
    [InlineData("- name: g\n  rules: [{record: r, expr: x, labels: {__name__: y}}]", "rules.yml: group g: rule r: __name__ is no label of a rule")]
    [InlineData("- name: g\n  rules: [null]", "rules.yml: group g: a rule: has to have either alert or record")]
    [InlineData("- name: g\n  limit: 5", "rules.yml: group g: limit is not evaluated by the embedded engine; --engine=docker does")]
    public void What_is_wrong_with_a_group_or_rule_is_one_line(string groups, string fault)
    {
        RuleFiles.Parse("rules.yml", $"groups:\n{groups}\n", _faults);
        Assert.Equal(fault, Assert.Single(_faults));
    }

    [Fact]
    public async Task A_rule_that_fails_leaves_its_series_as_they_are()
    {
        _store.Add("x{a=\"1\"}", "1 1", 5000);
        _store.Add("x{a=\"2\"}", "_ 1", 5000);
        var group = Group("  - {alert: A, expr: x, labels: {a: same}}");
        await group.EvaluateAsync(_store, _store, 0, default);
        Assert.Equal(1, await group.EvaluateAsync(_store, _store, 5000, default));
        Assert.Equal("{__name__=\"ALERTS\", a=\"same\", alertname=\"A\", alertstate=\"firing\"} 1", Ask("ALERTS", 5000));
    }

    [Fact]
    public void Moments_are_written_with_their_zone_and_a_recording_rule_without_labels_has_none()
    {
        var rules = JsonSerializer.Serialize(RuleGroups.Of([Group("  - {record: r, expr: x}")], null, []), AnswerJson.Default.RuleGroups);
        Assert.Contains("\"lastEvaluation\":\"0001-01-01T00:00:00Z\"", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("\"labels\"", rules, StringComparison.Ordinal);
        var alert = new ActiveAlert(Labels.From([new("alertname", "A")]), 1000) { FiredAtMs = 2000 };
        Assert.Contains("\"startsAt\":\"1970-01-01T00:00:02Z\",\"endsAt\":\"0001-01-01T00:00:00Z\"",
            JsonSerializer.Serialize(AlertMessage.Of("webhook", Labels.Empty, [alert]), AnswerJson.Default.AlertMessage), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_rule_file_is_named_with_its_line_and_the_others_are_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.yml"), "groups:\n- name: g\n  ruless: []\n");
        File.WriteAllText(folder.File("b.yml"), "groups:\n- name: h\n  rules: [{record: r, expr: '1'}]\n");
        var (groups, faults) = RuleFiles.Read(folder.Path);
        Assert.Equal("h", Assert.Single(groups).Name);
        Assert.StartsWith($"{folder.File("a.yml")}(3): ", Assert.Single(faults), StringComparison.Ordinal);
        Assert.Contains("ruless", faults[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ $labels.job }} at {{ .Labels.job }}: {{ $value }} {{ .Value }}", 1.5, "shop at shop: 1.5 1.5")]
    [InlineData("{{ $labels.none }}|", 0, "|")]
    [InlineData("{{ $value | humanize }}", 1234567, "1.235M")]
    [InlineData("{{ $value | humanize }}", 0.00012, "120u")]
    [InlineData("{{ humanize1024 $value }}", 1048576, "1Mi")]
    [InlineData("{{ $value | humanizePercentage }}", 0.1234567, "12.35%")]
    [InlineData("{{ $value | humanizeDuration }}", 93784, "1d 2h 3m 4s")]
    [InlineData("{{ $value | humanizeDuration }}", 2.4171, "2.417s")]
    [InlineData("{{ $value | humanizeDuration }}", 0.0123, "12.3ms")]
    [InlineData("{{ $value | humanizeTimestamp }}", 0, "1970-01-01 00:00:00.000 +0000 UTC")]
    [InlineData("{{ printf \"%.2f and %s, %5.1f%%\" $value $labels.job 7.0 }}", 1.005, "1.00 and shop,   7.0%")]
    [InlineData("{{ $labels.job | toUpper }} {{ \"a b\" | title }} {{ stripPort \"h:80\" }}", 0, "SHOP A B h")]
    [InlineData("no braces", 0, "no braces")]
    [InlineData("{{ query \"x\" }}", 0, "<error expanding template: error parsing template __alert_R: function \"query\" not defined>")]
    [InlineData("{{ $nothing }}", 0, "<error expanding template: error parsing template __alert_R: undefined variable \"$nothing\">")]
    public void Braces_are_filled_in_as_Prometheus_does(string text, double value, string expected) =>
        Assert.Equal(expected, RuleTemplate.Expand(text, "R", Labels.From([new("job", "shop")]), value));
}
