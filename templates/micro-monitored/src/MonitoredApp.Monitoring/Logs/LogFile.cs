namespace Monitoring.Logs;

/// <summary>
/// An append-only file of lines written by one background thread. Callers only copy bytes into a bounded buffer: they
/// never wait for the disk, and what does not fit is dropped and counted.
/// </summary>
internal sealed class LogFile : IDisposable
{
    private const int UrgentBytes = 1024 * 1024;

    private static readonly TimeSpan BatchDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FlushPoll = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly AutoResetEvent arrived = new(false);
    private readonly AutoResetEvent urgent = new(false);
    private readonly int urgentBytes;
    private readonly string folder;
    private readonly string path;
    private readonly MonitoringOptions options;
    private readonly TextWriter errors;
    private readonly Thread writer;
    private byte[] filling;
    private byte[] draining;
    private int filled;
    private int waiting;
    private long accepted;
    private long settled;
    private bool closed;
    private volatile bool closing;
    private FileStream? file;
    private long size;
    private long retryAt;
    private bool failed;
    private long written;
    private long dropped;

    public LogFile(string folder, string name, MonitoringOptions options, TextWriter errors)
    {
        this.folder = folder;
        path = Path.Combine(folder, $"{name}.log");
        this.options = options;
        this.errors = errors;
        filling = new byte[Math.Min(64 * 1024, options.LogQueueBytes)];
        draining = [];
        urgentBytes = Math.Min(UrgentBytes, options.LogQueueBytes / 4);
        Open();
        writer = new Thread(Write) { IsBackground = true, Name = "log file" };
        writer.Start();
    }

    /// <summary>Lines written to the file.</summary>
    public long Written => Interlocked.Read(ref written);

    /// <summary>Lines given up because the buffer was full or the file could not be written.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <summary>Queues one line, which ends with a newline; false when it was dropped.</summary>
    public bool Append(ReadOnlySpan<byte> line)
    {
        bool first, many;
        lock (gate)
        {
            if (closed || line.Length > options.LogQueueBytes - filled)
            {
                Interlocked.Increment(ref dropped);
                return false;
            }

            if (filled + line.Length > filling.Length)
                Array.Resize(ref filling, Math.Min(options.LogQueueBytes, Math.Max(filling.Length * 2, filled + line.Length)));
            line.CopyTo(filling.AsSpan(filled));
            first = filled == 0;
            many = filled < urgentBytes && filled + line.Length >= urgentBytes;
            filled += line.Length;
            waiting++;
            accepted++;
        }

        if (first)
            arrived.Set();
        if (many)
            urgent.Set();
        return true;
    }

    /// <summary>Returns once every line queued before is in the file, or given up and counted.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        long last;
        lock (gate)
            last = accepted;
        urgent.Set();
        while (Interlocked.Read(ref settled) < last)
            await Task.Delay(FlushPoll, cancellationToken);
    }

    /// <summary>Writes what is queued and closes the file.</summary>
    public void Dispose()
    {
        if (closing)
            return;
        closing = true;
        arrived.Set();
        urgent.Set();
        writer.Join(CloseTimeout);
    }

    private void Write()
    {
        while (!closing)
        {
            // One wake-up for a batch of lines, sooner when they are many: each line on its own would cost a context switch.
            arrived.WaitOne();
            if (!closing)
                urgent.WaitOne(BatchDelay);
            Drain(last: false);
        }

        Drain(last: true);
        file?.Dispose();
    }

    private void Drain(bool last)
    {
        int bytes, lines;
        lock (gate)
        {
            (filling, draining) = (draining, filling);
            (bytes, lines) = (filled, waiting);
            (filled, waiting) = (0, 0);
            closed = last;
        }

        if (bytes == 0)
            return;
        var remaining = lines;
        try
        {
            if (file is null && Environment.TickCount64 >= retryAt)
                Open();
            else if (file is not null && !File.Exists(path))
                Reopen();
            if (file is not null)
                WriteLines(draining.AsSpan(0, bytes), ref remaining);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            GiveUp(fault);
        }

        Interlocked.Add(ref written, lines - remaining);
        Interlocked.Add(ref dropped, remaining);
        Interlocked.Add(ref settled, lines);
    }

    private void WriteLines(ReadOnlySpan<byte> lines, ref int remaining)
    {
        while (!lines.IsEmpty && file is not null)
        {
            var length = lines.Length;
            if (size + length > options.LogFileBytes)
            {
                var room = (int)Math.Clamp(options.LogFileBytes - size, 0, lines.Length);
                length = lines[..room].LastIndexOf((byte)'\n') + 1;
                if (length == 0 && size > 0)
                {
                    Roll();
                    continue;
                }

                if (length == 0)
                    length = lines.IndexOf((byte)'\n') + 1;
            }

            file.Write(lines[..length]);
            size += length;
            remaining -= lines[..length].Count((byte)'\n');
            lines = lines[length..];
        }
    }

    private void Open()
    {
        try
        {
            Directory.CreateDirectory(folder);
            file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
            });
            size = file.Seek(0, SeekOrigin.End);
            EndTornLine();
            failed = false;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            GiveUp(fault);
        }
    }

    private void EndTornLine()
    {
        if (size == 0)
            return;
        file!.Seek(-1, SeekOrigin.End);
        if (file.ReadByte() == '\n')
            return;
        file.WriteByte((byte)'\n');
        size++;
    }

    private void Reopen()
    {
        file?.Dispose();
        file = null;
        Open();
    }

    private void Roll()
    {
        file?.Dispose();
        file = null;
        for (var number = options.LogFilesKept - 1; number >= 1; number--)
            if (File.Exists(Rolled(number)))
                File.Move(Rolled(number), Rolled(number + 1), overwrite: true);
        File.Move(path, Rolled(1), overwrite: true);
        Open();
    }

    private string Rolled(int number) => Path.ChangeExtension(path, $"{number}.log");

    private void GiveUp(Exception fault)
    {
        file?.Dispose();
        file = null;
        retryAt = Environment.TickCount64 + (long)RetryDelay.TotalMilliseconds;
        if (failed)
            return;
        failed = true;
        errors.WriteLine(
            $"Logs are not written: {fault.Message} Make the folder '{folder}' writable for this user or set Monitoring__LogFolder to another one.");
    }
}
