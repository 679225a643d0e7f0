namespace MicroMonitored.Verification.Reports;

/// <summary>Writes GitHub workflow commands: one error annotation per failed check.</summary>
public static class GitHubAnnotations
{
    /// <summary>Writes nothing when no check failed.</summary>
    public static void Write(TextWriter writer, VerificationReport report)
    {
        foreach (var check in report.Checks.Where(check => check.Status == CheckStatus.Fail))
        {
            var title = check.Service is null ? check.Id : $"{check.Id} ({check.Service})";
            writer.Write($"::error title={Property(title)}::{Data($"{check.Detail}\nhop: {check.Hop}\nfix: {check.Fix}")}\n");
        }
    }

    private static string Data(string text) => text
        .Replace("%", "%25", StringComparison.Ordinal)
        .Replace("\r", "%0D", StringComparison.Ordinal)
        .Replace("\n", "%0A", StringComparison.Ordinal);

    private static string Property(string text) => Data(text)
        .Replace(":", "%3A", StringComparison.Ordinal)
        .Replace(",", "%2C", StringComparison.Ordinal);
}
