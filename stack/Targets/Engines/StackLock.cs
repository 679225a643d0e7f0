using MicroMonitored.Model;

namespace MicroMonitored.Targets.Engines;

/// <summary>Lets one build at a time change what runs.</summary>
internal sealed class StackLock : IDisposable
{
    private readonly FileStream _stream;

    private StackLock(FileStream stream) => _stream = stream;

    /// <exception cref="FaultException">Another build holds it, or the folder cannot be written.</exception>
    public static StackLock Take(Paths paths)
    {
        Folders.Require(paths, [paths.Run]);
        try
        {
            return new StackLock(
                new FileStream(Path.Combine(paths.Run, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
        }
        catch (IOException)
        {
            throw new FaultException($"another build is changing this stack ({paths.Shown(Path.Combine(paths.Run, "lock"))}); wait for it to end");
        }
    }

    public void Dispose() => _stream.Dispose();
}
