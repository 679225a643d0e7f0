using System.Globalization;
using System.Text;

namespace Bench;

/// <summary>The results in words.</summary>
public static class Report
{
    /// <summary>A Markdown table, one line per variant.</summary>
    public static string Table(IReadOnlyList<Result> results)
    {
        var table = new StringBuilder(
            "| server | CPU per request | relative to bare | bytes per request | more than bare | spans per request |\n|---|---:|---:|---:|---:|---:|\n");
        foreach (var result in results)
        {
            table.Append(CultureInfo.InvariantCulture, $"| {result.Variant.Title} | {result.ProcessorTime:0.0} us | {result.Ratio:0.00} | {result.Bytes:0} | "
                + $"{result.ExtraBytes:0} | {result.Spans:0.00} |\n");
        }

        return table.ToString();
    }

    public static string Markdown(string table) => $"""
        # What the instrumentation costs

        {table}
        Medians of interleaved rounds of one run, on a trivial endpoint. CPU is the server process's user and system time,
        seen from outside; bytes are allocations on the managed heap. Traces are sampled at 1.0 and exported over OTLP,
        metrics scraped once a second, one log line per request goes to a file; the spans are those that arrived. Compare
        ratios, not times: those are this machine's.

        ![CPU per request relative to the bare server](chart.svg)

        """;
}
