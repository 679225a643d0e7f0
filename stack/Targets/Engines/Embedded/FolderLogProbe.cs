using MicroMonitored.Verification;

namespace MicroMonitored.Targets.Engines.Embedded;

/// <summary>Writes Verify's synthetic log file into a folder of the host.</summary>
internal sealed class FolderLogProbe(string folder) : ILogProbe
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
}
