using MicroMonitored.Verification;

namespace MicroMonitored.Targets.Engines.Embedded;

/// <summary>Writes Verify's synthetic log file into a folder of the host.</summary>
/// <param name="outputs">Where the console output of the processes is kept, as <c>*.out</c>.</param>
internal sealed class FolderLogProbe(string folder, string outputs) : ILogProbe
{
    public async Task AppendAsync(string fileName, IReadOnlyList<string> lines, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        await File.AppendAllTextAsync(Path.Combine(folder, fileName), string.Concat(lines.Select(line => line + "\n")), cancellation);
    }

    public Task RemoveAsync(string fileName, CancellationToken cancellation)
    {
        File.Delete(Path.Combine(folder, fileName));
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<(string File, string Line)>> FindAsync(string text, DateTimeOffset since, CancellationToken cancellation)
        => Task.Run<IReadOnlyList<(string File, string Line)>>(
            () => [.. Directory.EnumerateFiles(folder).Concat(Directory.EnumerateFiles(outputs, "*.out"))
                .Where(file => File.GetLastWriteTimeUtc(file) >= since.UtcDateTime)
                .Select(file => (Path.GetFileName(file), File.ReadLines(file).FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal))))
                .Where(hit => hit.Item2 is not null)!],
            cancellation);
}
