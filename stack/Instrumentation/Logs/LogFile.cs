using System.Diagnostics;

namespace MicroMonitored.Instrumentation.Logs;

/// <summary>
/// A file of lines that several processes may share, written by one background thread of each. Callers only copy bytes
/// into a bounded buffer: they never wait for the disk, and what does not fit is dropped and counted.
/// </summary>
/// <remarks>
/// A batch of whole lines is written, and the file rolled, while the process holds <c>.&lt;name&gt;.lock</c> beside it;
/// the system releases that of a killed process. The file is opened for each batch, so one that was rolled by another
/// process or deleted is never written to.
/// </remarks>
internal sealed class LogFile : IDisposable
{
    private const int UrgentBytes = 1024 * 1024;

    private static readonly TimeSpan BatchDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(8);

    private readonly Lock _gate = new();
    private readonly AutoResetEvent _arrived = new(false);
    private readonly AutoResetEvent _urgent = new(false);
    private readonly int _urgentBytes;
    private readonly string _folder;
    private readonly string _path;
    private readonly string _turn;
    private readonly JsonFileOptions _options;
    private readonly TextWriter _errors;
    private readonly Thread _writer;
    private byte[] _filling;
    private byte[] _draining = [];
    private int _filled;
    private int _waiting;
    private long _accepted;
    private long _settled;
    private bool _closed;
    private volatile bool _closing;
    private long _retryAt;
    private bool _failed;
    private long _written;
    private long _overflowed;
    private long _unwritable;

    public LogFile(string folder, string name, JsonFileOptions options, TextWriter errors)
    {
        _folder = folder;
        _path = Path.Combine(folder, $"{name}.log");
        _turn = Path.Combine(folder, $".{name}.lock");
        _options = options;
        _errors = errors;
        _filling = new byte[Math.Min(64 * 1024, options.LogQueueBytes)];
        _urgentBytes = Math.Min(UrgentBytes, options.LogQueueBytes / 4);
        TryWrite([]);
        _writer = new Thread(Write) { IsBackground = true, Name = "log file" };
        _writer.Start();
    }

    /// <summary>Lines written to the file.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>Lines given up because the buffer was full.</summary>
    public long Overflowed => Interlocked.Read(ref _overflowed);

    /// <summary>Lines given up because the file could not be written.</summary>
    public long Unwritable => Interlocked.Read(ref _unwritable);

    /// <summary>Queues one line, which ends with a newline; false when it was dropped.</summary>
    public bool Append(ReadOnlySpan<byte> line)
    {
        bool first, many;
        lock (_gate)
        {
            if (_closed || line.Length > _options.LogQueueBytes - _filled)
            {
                Interlocked.Increment(ref _overflowed);
                return false;
            }

            if (_filled + line.Length > _filling.Length)
                Array.Resize(ref _filling, Math.Min(_options.LogQueueBytes, Math.Max(_filling.Length * 2, _filled + line.Length)));
            line.CopyTo(_filling.AsSpan(_filled));
            first = _filled == 0;
            many = _filled < _urgentBytes && _filled + line.Length >= _urgentBytes;
            _filled += line.Length;
            _waiting++;
            _accepted++;
        }

        if (first)
            _arrived.Set();
        if (many)
            _urgent.Set();
        return true;
    }

    /// <summary>Whether, within the time, every line queued before is in the file, or given up and counted.</summary>
    public bool Flush(TimeSpan timeout)
    {
        long last;
        lock (_gate)
            last = _accepted;
        _urgent.Set();
        return SpinWait.SpinUntil(() => Interlocked.Read(ref _settled) >= last, timeout);
    }

    /// <summary>Writes what is queued and ends the writing.</summary>
    public void Dispose()
    {
        if (_closing)
            return;
        _closing = true;
        _arrived.Set();
        _urgent.Set();
        _writer.Join(CloseTimeout);
    }

    private void Write()
    {
        while (!_closing)
        {
            // One wake-up for a batch of lines, sooner when they are many: each line on its own would cost a context switch.
            _arrived.WaitOne();
            if (!_closing)
                _urgent.WaitOne(BatchDelay);
            Drain(last: false);
        }

        Drain(last: true);
    }

    private void Drain(bool last)
    {
        int bytes, lines;
        lock (_gate)
        {
            (_filling, _draining) = (_draining, _filling);
            (bytes, lines) = (_filled, _waiting);
            (_filled, _waiting) = (0, 0);
            _closed = last;
        }

        if (bytes == 0)
            return;
        var remaining = lines;
        if (last || Environment.TickCount64 >= _retryAt)
            remaining -= TryWrite(_draining.AsSpan(0, bytes));
        Interlocked.Add(ref _written, lines - remaining);
        Interlocked.Add(ref _unwritable, remaining);
        Interlocked.Add(ref _settled, lines);
    }

    /// <summary>How many of the lines are in the file.</summary>
    private int TryWrite(ReadOnlySpan<byte> lines)
    {
        var written = 0;
        try
        {
            Directory.CreateDirectory(_folder);
            using var turn = TakeTurn();
            while (true)
            {
                using (var file = Open(out var size))
                    if (WriteUntilFull(file, size, ref lines, ref written))
                        break;
                Roll();
            }

            _failed = false;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            _retryAt = Environment.TickCount64 + (long)RetryDelay.TotalMilliseconds;
            if (!_failed)
                _errors.WriteLine(
                    $"Logs are not written: {fault.Message} Make the folder '{_folder}' writable for this user or set Monitoring__LogFolder to another one.");
            _failed = true;
        }

        return written;
    }

    private FileStream TakeTurn()
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(_turn, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException) when (Stopwatch.GetElapsedTime(started) < TurnTimeout)
            {
                Thread.Sleep(1);
            }
        }
    }

    private FileStream Open(out long size)
    {
        var file = new FileStream(_path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        });
        size = file.Length;
        if (size == 0)
            return file;
        // The line that a killed process left torn is ended, so that it spoils no other.
        file.Seek(-1, SeekOrigin.End);
        if (file.ReadByte() == '\n')
            return file;
        file.WriteByte((byte)'\n');
        size++;
        return file;
    }

    /// <summary>False when lines remain that the file has no room for.</summary>
    private bool WriteUntilFull(FileStream file, long size, ref ReadOnlySpan<byte> lines, ref int written)
    {
        var length = lines.Length;
        if (size + length > _options.LogFileBytes)
        {
            length = lines[..(int)Math.Clamp(_options.LogFileBytes - size, 0, length)].LastIndexOf((byte)'\n') + 1;
            if (length == 0 && size == 0)
                length = lines.IndexOf((byte)'\n') + 1;
        }

        file.Write(lines[..length]);
        written += lines[..length].Count((byte)'\n');
        lines = lines[length..];
        return lines.IsEmpty;
    }

    private void Roll()
    {
        for (var number = _options.LogFilesKept - 1; number >= 1; number--)
            if (File.Exists(Rolled(number)))
                File.Move(Rolled(number), Rolled(number + 1), overwrite: true);
        File.Move(_path, Rolled(1), overwrite: true);
    }

    private string Rolled(int number) => Path.ChangeExtension(_path, $"{number}.log");
}
