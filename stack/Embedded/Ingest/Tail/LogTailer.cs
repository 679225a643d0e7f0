using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Ingest.Tail;

/// <summary>
/// Follows every <c>&lt;name&gt;.log</c> of the log folder, never leaving it: no subfolders, no symbolic links, regular files only.
/// Lines and the position behind them are committed together, so a line is stored exactly once however the engine ends.
/// </summary>
/// <remarks>
/// Rotated files are <c>&lt;name&gt;.&lt;number&gt;.log</c> and <c>&lt;name&gt;.log.&lt;number&gt;</c>. They carry the labels of <c>&lt;name&gt;.log</c>
/// and are read as far as they were not: the rest of a file that was renamed away, or the whole of one that came and went between two polls
/// or while the engine was down.
/// </remarks>
internal sealed partial class LogTailer(EmbeddedOptions options, LogStore store, TimeProvider time, EngineCounters counters, ILogger<LogTailer> logger)
    : BackgroundService
{
    private const int MaxFiles = 2000;
    private const int BlocksPerPoll = 16;
    private const int MissingPolls = 25;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<string, List<TailedFile>> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Path, string Level), KeyValuePair<string, string>[]> _labels = [];
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);
    private readonly byte[] _buffer = new byte[1024 * 1024];
    private bool _loaded;

    /// <summary>One round over the folder; true when some file holds more than one round reads.</summary>
    internal async Task<bool> PollAsync(CancellationToken cancellation)
    {
        if (!_loaded)
        {
            foreach (var position in store.Positions())
                FilesOf(position.Path).Add(new TailedFile(position));
            _loaded = true;
        }

        var more = false;
        var folder = Names();
        foreach (var path in folder.Keys.Union(_files.Keys, StringComparer.Ordinal).ToList())
        {
            try
            {
                more |= await FollowAsync(path, folder.GetValueOrDefault(path) ?? [], cancellation);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Unreadable(path, exception);
            }
        }

        return more;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Poll, time);
        do
        {
            try
            {
                while (await PollAsync(stoppingToken))
                {
                }
            }
            catch (StoreUnavailableException exception)
            {
                counters.Add("store_errors", "logs");
                LogStoreFailed(exception.Message);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Unreadable(options.LogFolder, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    public override void Dispose()
    {
        foreach (var file in _files.Values.SelectMany(files => files))
            file.Dispose();
        base.Dispose();
    }

    /// <summary>The files of the folder by the path whose labels they carry.</summary>
    private Dictionary<string, List<string>> Names()
    {
        var names = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        Directory.CreateDirectory(options.LogFolder);
        var count = 0;
        foreach (var path in Directory.EnumerateFiles(options.LogFolder))
        {
            if (LivePath(Path.GetFileName(path)) is not { } live)
                continue;
            if (++count > MaxFiles)
            {
                counters.Add("log_file_errors", "too_many_files");
                break;
            }

            live = Path.Combine(options.LogFolder, live);
            if (!names.TryGetValue(live, out var paths))
                names.Add(live, paths = []);
            paths.Add(path);
        }

        return names;
    }

    /// <summary>The name of the live file: <c>a.log</c> for <c>a.log</c>, <c>a.3.log</c> and <c>a.log.3</c>; null for any other file.</summary>
    internal static string? LivePath(string name)
    {
        var number = name.AsSpan(name.LastIndexOf('.') + 1);
        if (name.Length - number.Length > 5 && IsNumber(number) && name.AsSpan(0, name.Length - number.Length - 1).EndsWith(".log"))
            return name[..(name.Length - number.Length - 1)];
        if (!name.EndsWith(".log", StringComparison.Ordinal) || name.Length == 4)
            return null;
        var stem = name.AsSpan(0, name.Length - 4);
        var dot = stem.LastIndexOf('.');
        return dot > 0 && IsNumber(stem[(dot + 1)..]) ? string.Concat(stem[..dot], ".log") : name;
    }

    private static bool IsNumber(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
            if (!char.IsAsciiDigit(character))
                return false;
        return text.Length is > 0 and < 6;
    }

    private async Task<bool> FollowAsync(string livePath, List<string> paths, CancellationToken cancellation)
    {
        var files = FilesOf(livePath);
        var seen = new HashSet<TailedFile>();
        var found = new List<(string Path, FileStatus Status, bool Live)>();
        foreach (var path in paths)
            if (FileIdentity.Of(path) is { IsRegular: true } status)
                found.Add((path, status, path == livePath));
        found.Sort((left, right) => (left.Live, left.Status.ModifiedNs).CompareTo((right.Live, right.Status.ModifiedNs)));

        var more = false;
        foreach (var (path, status, live) in found)
        {
            try
            {
                if (Match(files, livePath, path, status) is not { } file || !seen.Add(file))
                    continue;
                file.Missing = 0;
                more |= await ReadAsync(file, path, status, live, cancellation);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Unreadable(path, exception);
            }
        }

        foreach (var file in files.Where(file => !seen.Contains(file)).ToList())
            await MissingAsync(files, file, cancellation);
        if (files.Count == 0)
            _files.Remove(livePath);
        return more;
    }

    /// <summary>The followed file behind a name; a new one where the name holds a file not seen before.</summary>
    private TailedFile? Match(List<TailedFile> files, string livePath, string path, FileStatus status)
    {
        var identity = status.Identity;
        if (identity is null)
        {
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> bytes = stackalloc byte[TailPosition.FingerprintBytes];
            var read = RandomAccess.Read(handle, bytes, 0);
            if (read < bytes.Length && !bytes[..read].Contains((byte)'\n'))
                return null;
            identity = FileIdentity.OfBytes(bytes[..read]);
        }

        var file = files.Find(candidate => candidate.Stored.Identity == identity);
        if (file is null)
        {
            if (status.Length == 0)
                return null;
            file = new TailedFile(new TailPosition(livePath, identity, [], 0));
            files.Add(file);
        }

        return file;
    }

    private async Task<bool> ReadAsync(TailedFile file, string path, FileStatus status, bool live, CancellationToken cancellation)
    {
        if (status.Identity is not null && status.Length == file.SeenLength && status.ModifiedNs == file.SeenModifiedNs && file.IsOpen == live)
            return false;

        var handle = file.Open(path);
        var opened = FileIdentity.Of(handle);
        if (opened.Identity != status.Identity)
        {
            file.Close();
            return false;
        }

        if (opened.Length < file.Stored.Position || !file.HasSameBeginning(handle))
        {
            counters.Add("log_truncations", "file");
            counters.Add("log_truncated_unread_bytes", "file", Math.Max(0, file.SeenLength - file.Stored.Position));
            file.Restart();
        }

        file.SeenLength = opened.Length;
        file.SeenModifiedNs = -1;
        var more = await DrainAsync(file, atEnd: false, cancellation);
        if (!more)
            file.SeenModifiedNs = opened.ModifiedNs;
        if (!live && !more)
            file.Close();
        _unreadable.Remove(path);
        return more;
    }

    private async Task<bool> DrainAsync(TailedFile file, bool atEnd, CancellationToken cancellation)
    {
        for (var block = 0; block < BlocksPerPoll; block++)
        {
            var read = file.Read(_buffer, atEnd);
            var stored = file.Stored;
            if (read.Position == stored.Position)
                return false;
            file.Advance(read.Position);
            await StoreAsync(file, stored, read.Lines, cancellation);
            if (!read.More)
                return false;
        }

        return true;
    }

    private async Task StoreAsync(TailedFile file, TailPosition before, IReadOnlyList<LogLine> lines, CancellationToken cancellation)
    {
        var arrival = time.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000;
        var records = new LogRecord[lines.Count];
        int malformed = 0, truncated = 0, invalid = 0;
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i];
            records[i] = new LogRecord(LabelsOf(before.Path, line.Level ?? ""), line.TimestampNs ?? arrival, line.Text, line.Metadata);
            foreach (var (name, _) in line.Metadata)
            {
                malformed += name == "malformed" ? 1 : 0;
                truncated += name == "truncated" ? 1 : 0;
                invalid += name == "invalid_utf8" ? 1 : 0;
            }
        }

        try
        {
            await store.AppendAsync(records, [file.Stored], [], cancellation);
        }
        catch
        {
            file.Reset(before);
            throw;
        }

        counters.Add("flagged_log_lines", "malformed", malformed);
        counters.Add("flagged_log_lines", "truncated", truncated);
        counters.Add("flagged_log_lines", "invalid_utf8", invalid);
    }

    /// <summary>A file without a name any more: what is left in it is read while it is open, then it is forgotten.</summary>
    private async Task MissingAsync(List<TailedFile> files, TailedFile file, CancellationToken cancellation)
    {
        // A rename can fall between listing the folder and looking at the file, so once is not gone.
        if (++file.Missing < MissingPolls)
            return;
        if (file.IsOpen)
        {
            file.SeenLength = FileIdentity.Of(file.Open(file.Stored.Path)).Length;
            while (await DrainAsync(file, atEnd: true, cancellation))
            {
            }
        }

        await store.AppendAsync([], [], [file.Stored], cancellation);
        file.Dispose();
        files.Remove(file);
    }

    private List<TailedFile> FilesOf(string path)
    {
        if (!_files.TryGetValue(path, out var files))
            _files.Add(path, files = []);
        return files;
    }

    private KeyValuePair<string, string>[] LabelsOf(string path, string level)
    {
        if (_labels.TryGetValue((path, level), out var labels))
            return labels;
        if (_labels.Count >= MaxFiles)
            _labels.Clear();
        var name = Path.GetFileNameWithoutExtension(path);
        labels = [new("filename", path), new("job", name), new("service_name", name)];
        if (level.Length > 0)
            labels = [.. labels, new("level", level)];
        return _labels[(path, level)] = labels;
    }

    private void Unreadable(string path, Exception exception)
    {
        counters.Add("log_file_errors", $"unreadable {Path.GetFileName(path)}");
        if (_unreadable.Add(path))
            LogUnreadable(path, exception.Message);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Log file {Path} cannot be read: {Reason}")]
    private partial void LogUnreadable(string path, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Log lines wait in their files: {Reason}")]
    private partial void LogStoreFailed(string reason);
}
