namespace MicroMonitored.Verification;

/// <summary>Writes Verify's synthetic log file into a folder of this machine.</summary>
/// <param name="folder">The folder of the log files.</param>
/// <param name="outputs">Where the console output of the processes is kept, as <c>*.out</c>.</param>
public sealed class FolderLogProbe(string folder, string outputs) : ILogProbe
{
    /// <inheritdoc/>
    public async Task AppendAsync(string fileName, IReadOnlyList<string> lines, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Directory.CreateDirectory(folder);
        await File.AppendAllTextAsync(Path.Combine(folder, fileName), string.Concat(lines.Select(line => line + "\n")), cancellation);
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string fileName, CancellationToken cancellation)
    {
        File.Delete(Path.Combine(folder, fileName));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<(string File, string Line)>> FindAsync(string text, DateTimeOffset since, CancellationToken cancellation)
        => Task.Run<IReadOnlyList<(string File, string Line)>>(
            () => [.. (Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : []).Concat(Directory.EnumerateFiles(outputs, "*.out"))
                .Where(file => File.GetLastWriteTimeUtc(file) >= since.UtcDateTime)
                .Select(file => (Path.GetFileName(file), File.ReadLines(file).FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal))))
                .Where(hit => hit.Item2 is not null)!],
            cancellation);
}
