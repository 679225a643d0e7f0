using MicroMonitored.Model;

namespace MicroMonitored.Targets.Engines;

/// <summary>Makes sure that folders can be written before anything is started.</summary>
internal static class Folders
{
    /// <exception cref="FaultException">A folder cannot be created or written; names every such folder.</exception>
    public static void Require(Paths paths, IReadOnlyList<string> folders)
    {
        var faults = new List<string>();
        foreach (var folder in folders)
        {
            try
            {
                Directory.CreateDirectory(folder);
                var probe = Path.Combine(folder, $".writable-{Environment.ProcessId}");
                File.WriteAllText(probe, "");
                File.Delete(probe);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{paths.Shown(folder)} cannot be written ({exception.Message.Split('\n')[0]}); "
                    + (DiskSpace.IsShort(exception.Message) ? "make room on its disk" : $"make the folder writable for {Environment.UserName}"));
            }
        }

        if (faults.Count > 0)
            throw new FaultException(faults);
    }
}
