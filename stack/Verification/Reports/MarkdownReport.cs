using System.Globalization;
using System.Text;

namespace MicroMonitored.Verification.Reports;

/// <summary>Writes <c>summary.md</c>, for a CI job's summary page.</summary>
public static class MarkdownReport
{
    /// <summary>The report as text that ends with a line end.</summary>
    public static string Write(VerificationReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"## {report.Target}: {(report.Failed == 0 ? "passed" : "failed")}\n\n");
        text.Append(
            CultureInfo.InvariantCulture, $"{report.Passed} passed, {report.Failed} failed, {report.Skipped} skipped in {report.DurationMs / 1000:0.0} s "
            + $"on the {report.Engine} engine (run `{report.RunId}`)\n");
        if (report.Failed > 0)
        {
            text.Append("\n| failed | service | what | hop | fix |\n|---|---|---|---|---|\n");
            foreach (var check in report.Checks.Where(check => check.Status == CheckStatus.Fail))
                text.Append(CultureInfo.InvariantCulture,
                    $"| `{check.Id}` | {Cell(check.Service)} | {Cell(check.Detail)} | {Cell(check.Hop)} | {Cell(check.Fix)} |\n");
        }
        if (report.Freshness.Count > 0)
        {
            text.Append("\n| emit to queryable | p50 ms | p95 ms | max ms |\n|---|---:|---:|---:|\n");
            foreach (var (signal, freshness) in report.Freshness)
                text.Append(CultureInfo.InvariantCulture, $"| {signal} | {freshness.P50Ms:0} | {freshness.P95Ms:0} | {freshness.MaxMs:0} |\n");
        }
        text.Append("\n<details><summary>All checks</summary>\n\n| check | service | result | ms | detail |\n|---|---|---|---:|---|\n");
        foreach (var check in report.Checks)
            text.Append(CultureInfo.InvariantCulture,
                $"| `{check.Id}` | {Cell(check.Service)} | {check.Status.ToString().ToLowerInvariant()} | {check.DurationMs:0} | {Cell(check.Detail)} |\n");
        return text.Append("\n</details>\n").ToString();
    }

    private static string Cell(string? text) => (text ?? "").ReplaceLineEndings(" ")
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("|", "\\|", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal);
}
