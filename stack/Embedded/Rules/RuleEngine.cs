using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Exposition;

namespace MicroMonitored.Embedded.Rules;

/// <summary>A group of rules with what has become of them.</summary>
internal sealed class RuleGroupState(RuleGroup group)
{
    private static readonly IReadOnlyDictionary<string, MetricMetadata> NoMetadata = new Dictionary<string, MetricMetadata>();

    /// <summary>A group whose file has changed: its rules go on from what those of the same names have become.</summary>
    public RuleGroupState(RuleGroup group, RuleGroupState? before)
        : this(group)
    {
        foreach (var state in Rules)
        {
            if (before?.Rules.FirstOrDefault(one => (one.Rule.IsAlert, one.Rule.Name) == (state.Rule.IsAlert, state.Rule.Name)) is { } same)
                state.Continue(same);
        }
    }

    public RuleGroup Group => group;

    public IReadOnlyList<RuleState> Rules { get; } = [.. group.Rules.Select(static rule => new RuleState(rule))];

    public long LastEvaluationMs { get; private set; }

    public double EvaluationSeconds => Rules.Sum(static rule => rule.EvaluationSeconds);

    /// <summary>Evaluates the rules one after the other; each sees what those before it have left.</summary>
    /// <returns>How many failed.</returns>
    public async Task<int> EvaluateAsync(IMetricReader metrics, IMetricWriter writer, long nowMs, CancellationToken cancellation)
    {
        var waiting = new List<NewSample>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var state in Rules)
        {
            // What waits is stored before a rule that asks for it.
            if (waiting.Count > 0 && state.Rule.Expression?.Selectors().Any(selector => selector.Matchers.All(matcher =>
                matcher.Name != Labels.MetricName || matcher.Operator != MatchOperator.Equal || names.Contains(matcher.Value))) == true)
                await StoreAsync();
            waiting.AddRange(state.Evaluate(metrics, nowMs, cancellation));
            names.UnionWith(state.Rule.IsAlert ? ["ALERTS", "ALERTS_FOR_STATE"] : [state.Rule.Name]);
        }

        await StoreAsync();
        LastEvaluationMs = nowMs;
        return Rules.Count(static state => state.Health == "err");

        async Task StoreAsync()
        {
            if (waiting.Count > 0)
                await writer.AppendAsync(new([.. waiting], NoMetadata), cancellation);
            waiting.Clear();
            names.Clear();
        }
    }
}

/// <summary>Reads what has become of the rules.</summary>
internal interface IRuleReader
{
    IReadOnlyList<RuleGroupState> Groups { get; }
}

/// <summary>
/// Evaluates the rules of a folder, each group at its own interval, and tells a receiver of the alerts; the folder is read again when it changes.
/// </summary>
internal sealed class RuleEngine(
    EmbeddedOptions options, IMetricReader metrics, IMetricWriter writer, AlertNotifier notifier, EngineCounters counters, TimeProvider time)
    : BackgroundService, IRuleReader
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private volatile IReadOnlyList<RuleGroupState> _groups = [];
    private string _read = "";

    public IReadOnlyList<RuleGroupState> Groups => _groups;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Rules is not { } folder)
            return;
        try
        {
            using var timer = new PeriodicTimer(Tick, time);
            do
            {
                Read(folder);
                await EvaluateAsync(stoppingToken);
                notifier.Tell([.. _groups.SelectMany(static group => group.Rules)]);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }

        await notifier.EndAsync();
    }

    private async Task EvaluateAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var group in _groups.Where(group => now - group.LastEvaluationMs >= group.Group.IntervalMs))
        {
            try
            {
                counters.Add("rule_evaluations_failed", "query", await group.EvaluateAsync(metrics, writer, now, cancellation));
            }
            catch (StoreUnavailableException)
            {
                counters.Add("rule_evaluations_failed", "store");
            }
        }
    }

    private void Read(string folder)
    {
        var now = string.Join('\n', RuleFiles.Files(folder).Select(static file => $"{file} {File.GetLastWriteTimeUtc(file).Ticks}"));
        if (now == _read)
            return;
        _read = now;
        var (groups, faults) = RuleFiles.Read(folder);
        foreach (var fault in faults)
            Console.Error.WriteLine(fault);
        var before = _groups;
        _groups = [.. groups.Select(group => new RuleGroupState(group,
            before.FirstOrDefault(one => (one.Group.File, one.Group.Name) == (group.File, group.Name))))];
    }
}
