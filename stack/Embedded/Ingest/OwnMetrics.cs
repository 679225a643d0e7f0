using System.Globalization;
using System.Text;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Ingest;

/// <summary>What the engine says of itself on <c>/metrics</c>: what it holds, and everything it dropped, refused or cut, each with its reason.</summary>
internal static class OwnMetrics
{
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static IResult Answer(EngineCounters counters, IStoreStatistics statistics) => Results.Text(Text(counters, statistics), ContentType);

    private static string Text(EngineCounters counters, IStoreStatistics statistics)
    {
        var text = new StringBuilder();
        var held = statistics.Count();
        Gauge("series", held.Series);
        Gauge("samples", held.Samples);
        Gauge("log_lines", held.LogLines);
        Gauge("spans", held.Spans);
        Gauge("traces", held.Traces);
        Gauge("exemplars", held.Exemplars);
        Gauge("store_bytes", held.DatabaseBytes);
        Gauge("resident_memory_bytes", Environment.WorkingSet);
        foreach (var family in counters.All().GroupBy(static counter => counter.Name).OrderBy(static family => family.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"# TYPE micromonitored_{family.Key}_total counter\n");
            foreach (var (name, reason, value) in family.OrderBy(static counter => counter.Reason, StringComparer.Ordinal))
                text.Append(CultureInfo.InvariantCulture, $"micromonitored_{name}_total{{reason=\"{Escaped(reason)}\"}} {value}\n");
        }

        return text.ToString();

        void Gauge(string name, long value) =>
            text.Append(CultureInfo.InvariantCulture, $"# TYPE micromonitored_{name} gauge\nmicromonitored_{name} {value}\n");
    }

    private static string Escaped(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
