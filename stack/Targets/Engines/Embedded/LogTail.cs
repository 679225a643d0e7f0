namespace MicroMonitored.Targets.Engines.Embedded;

/// <summary>Prints the ends of log files, and goes on where asked.</summary>
internal static class LogTail
{
    /// <summary>The last lines of a file as one text; says so where there is none.</summary>
    public static string End(string file, int lines)
        => File.Exists(file) ? string.Join(Environment.NewLine, Read(file, 0).Lines.TakeLast(lines)) : "(no output)";

    /// <summary>Prints each file's last lines, prefixed by its name where there are several.</summary>
    public static async Task PrintAsync(IReadOnlyDictionary<string, string> files, int lines, bool follow, Paths paths, CancellationToken cancellation)
    {
        var width = files.Keys.Max(name => name.Length);
        string Prefix(string name) => files.Count > 1 ? $"{name.PadRight(width)} | " : "";
        var offsets = new Dictionary<string, long>();
        foreach (var (name, file) in files)
        {
            if (!File.Exists(file))
            {
                System.Console.WriteLine($"{Prefix(name)}{paths.Shown(file)} does not exist yet");
                continue;
            }

            var (all, end) = Read(file, 0);
            offsets[name] = end;
            foreach (var line in all.TakeLast(lines))
                System.Console.WriteLine(Prefix(name) + line);
        }

        while (follow && !cancellation.IsCancellationRequested)
        {
            await Task.Delay(250, cancellation);
            foreach (var (name, file) in files.Where(pair => File.Exists(pair.Value)))
            {
                var from = offsets.GetValueOrDefault(name);
                var (next, end) = Read(file, new FileInfo(file).Length < from ? 0 : from);
                offsets[name] = end;
                foreach (var line in next)
                    System.Console.WriteLine(Prefix(name) + line);
            }
        }
    }

    private static (List<string> Lines, long End) Read(string file, long from)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Position = from;
        using var reader = new StreamReader(stream);
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
            lines.Add(line);
        return (lines, stream.Position);
    }
}
