namespace MicroMonitored.Targets.Engines;

/// <summary>Tells what was started from this folder from what came with it as a copy of another one.</summary>
internal static class Ownership
{
    /// <summary>The folder that <c>artifacts/</c> was copied from, while it is there; null where it is this one's own.</summary>
    public static string? Original(Paths paths)
        => File.Exists(Claimed(paths)) && File.ReadAllText(Claimed(paths)).Trim() is var root && root != paths.Root && IsCheckout(root)
            ? root
            : null;

    /// <summary>Makes it this folder's own, or the given one's again.</summary>
    public static void Claim(Paths paths, string? root = null) => ChangedFile.Write(Claimed(paths), (root ?? paths.Root) + "\n");

    /// <summary>The checkout whose stack a process belongs to, by the folder that it runs in; null for none, or where the system does not tell.</summary>
    public static string? StackOf(int pid)
    {
        var run = Path.Combine("artifacts", "run") + Path.DirectorySeparatorChar;
        return WorkingFolder(pid)?.Split(run, 2) is [var root, _] && IsCheckout(root) ? Path.TrimEndingDirectorySeparator(root) : null;
    }

    /// <summary>Whether a process runs below this folder: so does one started here or moved here with its checkout, but none of a copy's original.</summary>
    public static bool RunsBelow(int pid, string folder)
        => WorkingFolder(pid) is { } working && working.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Whether a stack may be stopped or changed from here that was rendered into <paramref name="rendered"/>.</summary>
    public static bool IsOwn(Paths paths, string? rendered)
        => rendered is null || Path.GetFullPath(rendered) == Path.GetFullPath(paths.Rendered) || !IsCheckout(RootOf(rendered));

    /// <summary>The checkout that renders into a folder.</summary>
    public static string RootOf(string rendered) => Path.GetFullPath(Path.Combine(rendered, "..", ".."));

    private static bool IsCheckout(string root) => root.Length > 0 && File.Exists(new Paths(root).Settings);

    private static string? WorkingFolder(int pid)
    {
        try
        {
            return OperatingSystem.IsLinux() ? new FileInfo($"/proc/{pid}/cwd").LinkTarget : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Claimed(Paths paths) => Path.Combine(paths.Run, "checkout");
}
