using MicroMonitored.Model.Rendering;

namespace Stack.Tests.Rendering;

public sealed class RealToolTests
{
    public static TheoryData<string> Cases => [.. Directory.EnumerateFiles(Path.Combine(RenderedStack.Assets, "prometheus", "tests"))
        .Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Promtool_accepts_the_configuration(bool alerting, bool alloy)
    {
        var promtool = RealTools.Require("promtool");
        using var stack = new RenderedStack(RenderedStack.Default with { Alerting = alerting, UsesAlloy = alloy });

        var (code, output) = await RealTools.Run(promtool, stack.Folder, "check", "config", "--lint=all", "--lint-fatal", "prometheus/prometheus.yml");

        Assert.True(code == 0, output);
        Assert.Contains(alerting ? "3 rule files found" : "2 rule files found", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Promtool_accepts_the_rules()
    {
        var (code, output) =
            await RealTools.Run(RealTools.Require("promtool"), RuleFiles.Folder, "check", "rules", "--lint=all", "--lint-fatal", "alerts.yml", "recording.yml");

        Assert.True(code == 0, output);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_rules_fire_and_are_silent_as_their_cases_say(string file)
    {
        var (code, output) =
            await RealTools.Run(RealTools.Require("promtool"), Path.Combine(RenderedStack.Assets, "prometheus", "tests"), "test", "rules", file);

        Assert.True(code == 0, output);
    }

    [Fact]
    public void Every_alert_has_a_case_of_firing_and_one_of_silence()
    {
        var cases = Cases
            .SelectMany(row => YamlNode.Parse(File.ReadAllText(Path.Combine(RenderedStack.Assets, "prometheus", "tests", row.Data)))["tests"].Items)
            .SelectMany(test => test.Find("alert_rule_test")?.Items ?? [])
            .Select(test => (Alert: test["alertname"].Text!, Fires: test.Find("exp_alerts")?.Items.Any() == true))
            .ToHashSet();

        Assert.All(RuleFiles.Alerts(), alert =>
        {
            Assert.Contains((alert, true), cases);
            Assert.Contains((alert, false), cases);
        });
        Assert.Equal(19, RuleFiles.Alerts().Count());
    }

    [Fact]
    public void Every_alert_says_how_bad_it_is_and_what_to_do()
        => Assert.All(RuleFiles.Rules().Where(rule => rule.Find("alert") is not null), rule =>
        {
            Assert.Contains(rule["labels"]["severity"].Text, new[] { "critical", "warning" });
            Assert.False(string.IsNullOrWhiteSpace(rule["annotations"]["summary"].Text));
            Assert.False(string.IsNullOrWhiteSpace(rule["annotations"]["description"].Text));
        });

    [Fact]
    public void Every_alert_leads_to_its_own_section_of_the_runbook()
    {
        var runbook = File.ReadAllLines(Path.Combine(RenderedStack.Assets, "prometheus", "README.md"));
        var alerts = RuleFiles.Alerts().ToList();

        Assert.Equal(alerts.Order(), runbook.Where(line => line.StartsWith("### ", StringComparison.Ordinal)).Select(line => line[4..]).Order());
        Assert.All(RuleFiles.Rules().Where(rule => rule.Find("alert") is not null), rule => Assert.Equal(
            $"stack/assets/prometheus/README.md#{rule["alert"].Text!.ToLowerInvariant()}", rule["annotations"]["runbook"].Text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("https://hooks.example/x?token=y")]
    public async Task Amtool_accepts_the_configuration(string? webhook)
    {
        var amtool = RealTools.Require("amtool");
        StackModel model = RenderedStack.Default with { Webhook = webhook is null ? null : new Uri(webhook) };
        using var stack = new RenderedStack(model);

        var (code, output) = await RealTools.Run(amtool, stack.Folder, "check-config", "alertmanager/alertmanager.yml");

        Assert.True(code == 0, output);
    }

    [Theory]
    [InlineData("compose.yaml", true, false)]
    [InlineData("compose.yaml", false, true)]
    [InlineData("services.compose.yaml", true, true)]
    public async Task Compose_accepts_the_file_and_reads_hostile_texts_as_written(string file, bool alerting, bool alloy)
    {
        var compose = RealTools.Require("docker-compose");
        using var stack =
            new RenderedStack(RenderedStack.Default with { Alerting = alerting, UsesAlloy = alloy, Webhook = new Uri("http://hook"),
                Grafana = new("ad${HOME}min$$", "x") });

        var (code, output) = await RealTools.Run(compose, stack.Folder, "-f", file, "config", "--no-interpolate=false");

        Assert.True(code == 0, output);
        if (file == "compose.yaml")
            Assert.Contains("GF_SECURITY_ADMIN_USER: ad$${HOME}min$$$$", output, StringComparison.Ordinal);
    }
}
