using System.Globalization;
using System.Text;

namespace MicroMonitored.Verification.Canaries;

/// <summary>Writes the state of a canary in the Prometheus text format 0.0.4.</summary>
internal static class CanaryMetrics
{
    private const string Prefix = "micromonitored_canary_";

    public static string Text(CanaryReport report)
    {
        var text = new StringBuilder();
        Family("sent_total", "counter", "Numbers sent, by signal.", signal => signal.Sent);
        Family("under_way", "gauge", "Numbers sent a moment ago and not seen yet.", signal => signal.UnderWay);
        Family("late", "gauge", "Numbers that took or take longer than they should.", signal => signal.Late);
        Family("missing", "gauge", "Numbers not seen by their deadline, or refused when they were sent.", signal => signal.Missing);
        Family("duplicate", "gauge", "Numbers seen more than once.", signal => signal.Duplicate);
        Family("out_of_order", "gauge", "Numbers seen after a later one.", signal => signal.OutOfOrder);
        Family("unexpected", "gauge", "What was seen and never sent.", signal => signal.Unexpected);
        Head("freshness_seconds", "histogram", "From emitting to being queryable.");
        foreach (var signal in report.Signals)
        {
            var below = 0;
            for (var at = 0; at <= DelayHistogram.Bounds.Count; at++)
            {
                below += signal.Delays.Counts[at];
                var bound = at == DelayHistogram.Bounds.Count ? "+Inf" : DelayHistogram.Bounds[at].ToString(CultureInfo.InvariantCulture);
                text.Append(CultureInfo.InvariantCulture, $"{Prefix}freshness_seconds_bucket{{signal=\"{signal.Signal}\",le=\"{bound}\"}} {below}\n");
            }
            text.Append(CultureInfo.InvariantCulture, $"{Prefix}freshness_seconds_sum{{signal=\"{signal.Signal}\"}} {signal.Delays.SumSeconds}\n");
            text.Append(CultureInfo.InvariantCulture, $"{Prefix}freshness_seconds_count{{signal=\"{signal.Signal}\"}} {below}\n");
        }
        return text.ToString();

        void Head(string name, string type, string help) => text.Append($"# HELP {Prefix}{name} {help}\n# TYPE {Prefix}{name} {type}\n");

        void Family(string name, string type, string help, Func<CanarySignal, int> value)
        {
            Head(name, type, help);
            foreach (var signal in report.Signals)
                text.Append(CultureInfo.InvariantCulture, $"{Prefix}{name}{{signal=\"{signal.Signal}\"}} {value(signal)}\n");
        }
    }
}
