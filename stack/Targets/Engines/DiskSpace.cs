namespace MicroMonitored.Targets.Engines;

/// <summary>Recognizes a full disk by what is said of it.</summary>
public static class DiskSpace
{
    private static readonly string[] Words = ["no space left on device", "disk quota exceeded", "not enough space on the disk"];

    /// <summary>Whether a message of .NET, MSBuild or Docker speaks of a full disk.</summary>
    public static bool IsShort(string message) => Words.Any(words => message.Contains(words, StringComparison.OrdinalIgnoreCase));
}
