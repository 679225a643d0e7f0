namespace MicroMonitored.Verification.Reports;

/// <summary>The report files of a run.</summary>
public static class ReportFiles
{
    /// <summary>Writes <c>report.json</c>, <c>junit.xml</c> and <c>summary.md</c> into the folder, which is created when missing,
    /// and answers their paths.</summary>
    public static async Task<IReadOnlyList<string>> WriteAsync(VerificationReport report, string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var written = new List<string>();
        foreach (var (name, text) in new[]
            { ("report.json", JsonReport.Write(report)), ("junit.xml", JUnitReport.Write(report)), ("summary.md", MarkdownReport.Write(report)) })
        {
            var path = Path.Combine(folder, name);
            await File.WriteAllTextAsync(path, text, cancellation).ConfigureAwait(false);
            written.Add(path);
        }
        return written;
    }
}
