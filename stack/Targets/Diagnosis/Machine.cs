namespace MicroMonitored.Targets.Diagnosis;

/// <summary>What the stack finds on this machine.</summary>
/// <param name="FreeDisk">Bytes free for this user where the repository lies.</param>
/// <param name="Memory">Bytes of memory that processes may use.</param>
/// <param name="PortsInUse">TCP ports that somebody listens on.</param>
internal sealed record Machine(long FreeDisk, long Memory, IReadOnlySet<int> PortsInUse, EphemeralPorts EphemeralPorts)
{
    public static Machine Of(Paths paths)
        => new(new DriveInfo(paths.Root).AvailableFreeSpace, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, Listeners.Ports(), EphemeralPorts.OfThisMachine());
}
