namespace MicroMonitored.Model.Rendering;

/// <summary>Writes files that containers of other users read, whatever this user's umask says.</summary>
internal static class RenderedFolder
{
    public const UnixFileMode PublicFile = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode PublicDirectory = PublicFile | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode OwnerDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // The container's user is neither this user nor in "other": it joins this user's group. On the host the folder above is the owner's alone.
    private const UnixFileMode SecretFile = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    private const UnixFileMode SecretDirectory = OwnerDirectory | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    public static void Public(string folder) => Make(folder, PublicDirectory);

    public static RenderOutcome WritePublic(string folder, string path, byte[] content)
    {
        for (var at = path.IndexOf('/'); at >= 0; at = path.IndexOf('/', at + 1))
            Make(Path.Combine(folder, path[..at]), PublicDirectory);
        return Write(Path.Combine(folder, path), content, PublicFile);
    }

    public static RenderOutcome WriteSecret(string folder, string path, byte[] content)
    {
        var parts = path.Split('/');
        Make(Path.Combine(folder, parts[0]), OwnerDirectory);
        Make(Path.Combine(folder, parts[0], parts[1]), SecretDirectory);
        return Write(Path.Combine(folder, path), content, SecretFile);
    }

    /// <summary>Deletes a file and the folders that it leaves empty.</summary>
    public static bool Remove(string folder, string path)
    {
        var file = Path.Combine(folder, path);
        if (!File.Exists(file))
            return false;
        File.Delete(file);
        for (var parent = Path.GetDirectoryName(file)!;
            parent.Length > folder.Length && !Directory.EnumerateFileSystemEntries(parent).Any();
            parent = Path.GetDirectoryName(parent)!)
            Directory.Delete(parent);
        return true;
    }

    /// <summary>Puts the whole file in place by rename.</summary>
    public static void Replace(string file, byte[] content, UnixFileMode mode)
    {
        var temporary = $"{file}.{Environment.ProcessId}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = mode & ~(UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        try
        {
            using (var stream = new FileStream(temporary, options))
                stream.Write(content);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(temporary, mode);
            File.Move(temporary, file, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static RenderOutcome Write(string file, byte[] content, UnixFileMode mode)
    {
        var exists = File.Exists(file);
        if (exists && File.ReadAllBytes(file).AsSpan().SequenceEqual(content))
        {
            if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(file) != mode)
                File.SetUnixFileMode(file, mode);
            return RenderOutcome.NoChanges;
        }

        Replace(file, content, mode);
        return exists ? RenderOutcome.Updated : RenderOutcome.Generated;
    }

    private static void Make(string folder, UnixFileMode mode)
    {
        Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(folder) != mode)
            File.SetUnixFileMode(folder, mode);
    }
}
