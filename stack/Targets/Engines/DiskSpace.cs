using MicroMonitored.Model;

namespace MicroMonitored.Targets.Engines;

/// <summary>Recognizes a full disk by what is said of it.</summary>
internal static class DiskSpace
{
    private static readonly string[] Words = ["no space left on device", "disk quota exceeded", "not enough space on the disk"];

    /// <summary>Whether a message of .NET, MSBuild or Docker speaks of a full disk.</summary>
    public static bool IsShort(string message) => Words.Any(words => message.Contains(words, StringComparison.OrdinalIgnoreCase));

    /// <summary>Throws a fault with its fix where a failure to write means a full disk.</summary>
    /// <exception cref="FaultException">It does.</exception>
    public static void Refuse(Exception failure, Paths paths)
    {
        if (failure is IOException && IsShort(failure.Message))
        {
            throw new FaultException(
                $"the disk of {paths.Shown(paths.Artifacts)} is full ({failure.Message.TrimEnd('.')}); make room and repeat the Up target");
        }
    }
}
