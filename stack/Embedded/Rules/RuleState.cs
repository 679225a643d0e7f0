using System.Diagnostics;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.PromQL;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Rules;

/// <summary>An alert of a rule: pending until its condition has held long enough, then firing until it has ended.</summary>
internal sealed class ActiveAlert(Labels labels, long activeAtMs)
{
    public Labels Labels => labels;

    public IReadOnlyDictionary<string, string> Annotations { get; set; } = new Dictionary<string, string>();

    public double Value { get; set; }

    /// <summary>Since when the condition holds.</summary>
    public long ActiveAtMs { get; set; } = activeAtMs;

    public long? FiredAtMs { get; set; }

    public long? ResolvedAtMs { get; set; }

    public long? KeptSinceMs { get; set; }

    public bool IsActive => ResolvedAtMs is null;

    public bool IsFiring => FiredAtMs is not null && IsActive;

    public string State => IsFiring ? "firing" : "pending";
}

/// <summary>What has become of a rule; <see cref="Evaluate"/> goes on from there as Prometheus does.</summary>
internal sealed class RuleState(Rule rule)
{
    // Resolved alerts are kept this long, so that their end is told.
    private const long ResolvedMs = 15 * 60_000;

    // A stop of the engine that was longer ends what was pending.
    private const long OutageMs = 60 * 60_000;

    // Prometheus' --rules.alert.for-grace-period.
    private const long GraceMs = 10 * 60_000;

    private readonly Dictionary<Labels, ActiveAlert> _alerts = [];
    private HashSet<Labels> _written = [];
    private bool _isRestored;

    public Rule Rule => rule;

    public string Health { get; private set; } = rule.Fault is null ? "unknown" : "err";

    public string LastError { get; private set; } = rule.Fault ?? "";

    public long LastEvaluationMs { get; private set; }

    public double EvaluationSeconds { get; private set; }

    /// <summary>Pending and firing alerts, and those that ended not long ago.</summary>
    public IReadOnlyList<ActiveAlert> Alerts
    {
        get
        {
            lock (_alerts)
                return [.. _alerts.Values];
        }
    }

    public string State => Alerts.Where(static one => one.IsActive).Select(static one => one.State).Order(StringComparer.Ordinal).FirstOrDefault("inactive");

    /// <summary>Goes on with what became of the rule of this name before its file changed.</summary>
    public void Continue(RuleState before)
    {
        (_written, _isRestored) = (before._written, before._isRestored);
        lock (_alerts)
        {
            foreach (var alert in before.Alerts)
                _alerts[alert.Labels] = alert;
        }
    }

    /// <summary>Evaluates the rule at a moment.</summary>
    /// <returns>The samples that it leaves, those among them that end a series.</returns>
    public IReadOnlyList<NewSample> Evaluate(IMetricReader metrics, long nowMs, CancellationToken cancellation)
    {
        if (rule.Expression is not { } expression)
            return [];
        var began = Stopwatch.GetTimestamp();
        var samples = new Dictionary<Labels, double>();
        try
        {
            var result = PromEvaluator.Instant(metrics, expression, nowMs, cancellation);
            IReadOnlyList<PromPoint> points = result.Type == PromType.Scalar ? [new(Labels.Empty, result.Scalar)] : result.Vector;
            if (rule.IsAlert)
                Alert(points, metrics, nowMs, samples, cancellation);
            else
                Record(points, samples);
            (Health, LastError) = ("ok", "");
        }
        catch (Exception exception) when (exception is QueryExecutionException or QueryLimitException)
        {
            // Its series stay as they are: they end with their condition, not with a fault.
            (Health, LastError, LastEvaluationMs) = ("err", exception.Message, nowMs);
            return [];
        }

        var left = samples.Select(one => Sampled(one.Key, one.Value, nowMs))
            .Concat(_written.Where(series => !samples.ContainsKey(series)).Select(series => Sampled(series, Sample.StaleMarker, nowMs))).ToList();
        _written = [.. samples.Keys];
        (LastEvaluationMs, EvaluationSeconds) = (nowMs, Stopwatch.GetElapsedTime(began).TotalSeconds);
        return left;
    }

    private static NewSample Sampled(Labels labels, double value, long nowMs) => new([.. labels.Pairs.ToArray()], new Sample(nowMs, value));

    private void Record(IReadOnlyList<PromPoint> points, Dictionary<Labels, double> samples)
    {
        foreach (var point in points)
        {
            var labels = rule.Labels.Aggregate(point.Labels.With(Labels.MetricName, rule.Name), static (all, one) => all.With(one.Key, one.Value));
            if (!samples.TryAdd(labels, point.Value))
                throw new QueryExecutionException("vector contains metrics with the same labelset after applying rule labels");
        }
    }

    private void Alert(IReadOnlyList<PromPoint> points, IMetricReader metrics, long nowMs, Dictionary<Labels, double> samples, CancellationToken cancellation)
    {
        var found = new HashSet<Labels>();
        lock (_alerts)
        {
            foreach (var point in points)
            {
                var own = point.Labels.WithoutName();
                string Expand(string text) => RuleTemplate.Expand(text, rule.Name, own, point.Value);
                var labels = rule.Labels.Aggregate(own, (all, one) => all.With(one.Key, Expand(one.Value))).With("alertname", rule.Name);
                if (!found.Add(labels))
                    throw new QueryExecutionException("vector contains metrics with the same labelset after applying alert labels");
                if (!_alerts.TryGetValue(labels, out var alert) || !alert.IsActive)
                    _alerts[labels] = alert = new(labels, nowMs);
                alert.Value = point.Value;
                alert.KeptSinceMs = null;
                alert.Annotations = rule.Annotations.ToDictionary(static one => one.Key, one => Expand(one.Value));
            }

            if (!_isRestored)
                Restore(metrics, nowMs, cancellation);
            _isRestored = true;
            foreach (var (labels, alert) in _alerts.ToList())
            {
                if (!found.Contains(labels))
                    End(labels, alert, nowMs);
                else if (alert.FiredAtMs is null && nowMs - alert.ActiveAtMs >= rule.ForMs)
                    alert.FiredAtMs = nowMs;
                if (alert.IsActive && _alerts.ContainsKey(labels))
                {
                    samples[labels.With(Labels.MetricName, "ALERTS").With("alertstate", alert.State)] = 1;
                    samples[labels.With(Labels.MetricName, "ALERTS_FOR_STATE")] = alert.ActiveAtMs / 1000;
                }
            }
        }
    }

    private void End(Labels labels, ActiveAlert alert, long nowMs)
    {
        if (alert.IsFiring && rule.KeepFiringMs > 0)
        {
            alert.KeptSinceMs ??= nowMs;
            if (nowMs - alert.KeptSinceMs < rule.KeepFiringMs)
                return;
        }

        if (alert.FiredAtMs is null || nowMs - alert.ResolvedAtMs > ResolvedMs)
            _alerts.Remove(labels);
        else
            alert.ResolvedAtMs ??= nowMs;
    }

    // After a start: what had been pending or firing before the stop goes on, the time of the stop not counted; it fires again after the grace at the
    // earliest. What has to hold for less than that begins anew.
    private void Restore(IMetricReader metrics, long nowMs, CancellationToken cancellation)
    {
        if (rule.ForMs < GraceMs || _alerts.Count == 0)
            return;
        List<LabelMatcher> matchers = [new(Labels.MetricName, MatchOperator.Equal, "ALERTS_FOR_STATE"), new("alertname", MatchOperator.Equal, rule.Name)];
        foreach (var series in metrics.Series(matchers, QueryLimits.Series, cancellation))
        {
            var labels = Labels.From(series.Labels).WithoutName();
            var last = metrics.Samples(series.Id, nowMs - OutageMs, nowMs - 1, cancellation).LastOrDefault(static sample => !sample.IsStale);
            if (last.TimestampMs == 0 || !_alerts.TryGetValue(labels, out var alert))
                continue;
            var activeAtMs = (long)(last.Value * 1000);
            var leftMs = rule.ForMs - (last.TimestampMs - activeAtMs);
            alert.ActiveAtMs = leftMs <= 0 ? activeAtMs
                : leftMs < GraceMs ? nowMs + GraceMs - rule.ForMs
                : activeAtMs + (nowMs - last.TimestampMs);
        }
    }
}
