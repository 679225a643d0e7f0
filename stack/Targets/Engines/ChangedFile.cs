namespace MicroMonitored.Targets.Engines;

/// <summary>Writes a file only when its content differs.</summary>
internal static class ChangedFile
{
    /// <returns>Whether the file was written.</returns>
    public static bool Write(string path, string content)
    {
        if (File.Exists(path) && File.ReadAllText(path) == content)
            return false;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var next = path + ".new";
        File.WriteAllText(next, content);
        File.Move(next, path, overwrite: true);
        return true;
    }
}
