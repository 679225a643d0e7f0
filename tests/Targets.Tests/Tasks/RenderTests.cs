using MicroMonitored.Model.Settings;
using MicroMonitored.Targets.Tasks;
using Targets.Tests.Engines;

namespace Targets.Tests.Tasks;

public sealed class RenderTests : IDisposable
{
    private readonly SimulatedStack _stack = new();

    public void Dispose() => _stack.Dispose();

    [Theory]
    [InlineData("compose-ha", "ha.compose.yaml")]
    [InlineData("kubernetes", "values/loki.yaml")]
    public void A_place_beyond_this_machine_has_a_folder_of_its_own_and_says_what_comes_next(string place, string file)
    {
        new Render().Run(_stack.Context(("for", place)));

        Assert.Contains($"[Generated] {file}", _stack.Said, StringComparison.Ordinal);
        Assert.EndsWith($"Next: artifacts/{place}/README.md says in order what to run.{Environment.NewLine}", _stack.Said, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_stack.Paths.Artifacts, place, "README.md")));
        Assert.False(Directory.Exists(_stack.Paths.Rendered));
    }

    [Fact]
    public void This_machine_has_none_of_it()
    {
        new Render().Run(_stack.Context());

        Assert.Contains("[Generated] compose.yaml", _stack.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("Next:", _stack.Said, StringComparison.Ordinal);
        Assert.Equal(["stack"], Directory.EnumerateDirectories(_stack.Paths.Artifacts).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("victoriaMetrics", "victoriametrics:8428")]
    [InlineData("mimir", "mimir:9009")]
    public void The_long_term_store_is_a_setting(string store, string address)
    {
        _stack.Variables["STACK__LONGTERMMETRICS"] = store;

        new Render().Run(_stack.Context(("for", "compose-ha")));

        Assert.Equal(Enum.Parse<MetricsStore>(store, ignoreCase: true), _stack.Context().Settings.LongTermMetrics);
        var prometheus = File.ReadAllText(Path.Combine(_stack.Paths.Artifacts, "compose-ha", "prometheus", "prometheus.yml"));
        Assert.Contains(address, prometheus, StringComparison.Ordinal);
    }
}
