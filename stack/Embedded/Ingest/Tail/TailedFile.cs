using MicroMonitored.Embedded.Store;
using Microsoft.Win32.SafeHandles;

namespace MicroMonitored.Embedded.Ingest.Tail;

/// <summary>Complete lines read from a file, and where reading stands after them.</summary>
internal readonly record struct LinesRead(IReadOnlyList<LogLine> Lines, long Position, bool More);

/// <summary>One file being followed: the position behind the last line that is stored.</summary>
internal sealed class TailedFile(TailPosition stored) : IDisposable
{
    private const int BlockBytes = 1024 * 1024;

    private SafeFileHandle? _handle;
    private long _searched;

    public TailPosition Stored { get; private set; } = stored;

    /// <summary>The length when last seen, to tell what a truncation took away unread.</summary>
    public long SeenLength { get; set; } = stored.Position;

    /// <summary>The modification time when it was last read to its end.</summary>
    public long SeenModifiedNs { get; set; } = -1;

    /// <summary>Polls since the file was last seen under one of its names.</summary>
    public int Missing { get; set; }

    public bool IsOpen => _handle is not null;

    public SafeFileHandle Open(string path) =>
        _handle ??= File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    public void Close()
    {
        _handle?.Dispose();
        _handle = null;
    }

    /// <summary>Starts again at the first byte, as another file in the same place.</summary>
    public void Restart()
    {
        Stored = Stored with { Position = 0, Fingerprint = [] };
        _searched = 0;
        SeenLength = 0;
    }

    /// <summary>Whether the first bytes are still those that were read.</summary>
    public bool HasSameBeginning(SafeFileHandle handle)
    {
        var expected = Stored.Fingerprint;
        Span<byte> actual = stackalloc byte[TailPosition.FingerprintBytes];
        return RandomAccess.Read(handle, actual[..expected.Length], 0) == expected.Length && actual[..expected.Length].SequenceEqual(expected);
    }

    /// <summary>Reads complete lines after the stored position, about a megabyte at most.</summary>
    /// <param name="atEnd">Whether what follows the last line end counts as a line too, because nobody writes to the file any more.</param>
    public LinesRead Read(byte[] buffer, bool atEnd)
    {
        var handle = _handle!;
        var position = Stored.Position;
        var read = Fill(handle, buffer.AsSpan(0, BlockBytes), position);
        var block = buffer.AsSpan(0, read);
        var lines = new List<LogLine>();
        var consumed = 0;
        while (block[consumed..].IndexOf((byte)'\n') is var end and >= 0)
        {
            lines.Add(LogLine.Parse(WithoutReturn(block.Slice(consumed, end))));
            consumed += end + 1;
        }

        if (consumed > 0)
            return new LinesRead(lines, position + consumed, consumed < read || read == BlockBytes);
        if (read < BlockBytes)
            return atEnd && read > 0
                ? new LinesRead([LogLine.Parse(WithoutReturn(block))], position + read, false)
                : new LinesRead([], position, false);
        return Long(handle, buffer, position, atEnd);
    }

    public void Advance(long position)
    {
        var fingerprint = Stored.Fingerprint;
        if (_handle is not null && fingerprint.Length < TailPosition.FingerprintBytes && position > fingerprint.Length)
        {
            Span<byte> bytes = stackalloc byte[TailPosition.FingerprintBytes];
            var read = RandomAccess.Read(_handle, bytes[..(int)Math.Min(position, bytes.Length)], 0);
            fingerprint = bytes[..read].ToArray();
        }

        Stored = Stored with { Position = position, Fingerprint = fingerprint };
    }

    /// <summary>Goes back to what is stored when storing failed.</summary>
    public void Reset(TailPosition stored) => Stored = stored;

    public void Dispose() => Close();

    /// <summary>A line longer than a block: only its beginning is kept, its end is looked for without reading any part twice.</summary>
    private LinesRead Long(SafeFileHandle handle, byte[] buffer, long position, bool atEnd)
    {
        var searched = Math.Max(_searched, position);
        while (true)
        {
            var read = Fill(handle, buffer.AsSpan(0, BlockBytes), searched);
            var end = buffer.AsSpan(0, read).IndexOf((byte)'\n');
            var ended = end >= 0;
            if (!ended && read > 0)
            {
                searched += read;
                continue;
            }

            if (!ended && !atEnd)
            {
                _searched = searched;
                return new LinesRead([], position, false);
            }

            _searched = 0;
            var after = ended ? searched + end + 1 : searched;
            var kept = Fill(handle, buffer.AsSpan(0, LogLine.MaxBytes), position);
            return new LinesRead([LogLine.Parse(buffer.AsSpan(0, kept), cut: true)], after, ended);
        }
    }

    private static int Fill(SafeFileHandle handle, Span<byte> buffer, long position)
    {
        var filled = 0;
        while (filled < buffer.Length)
        {
            var read = RandomAccess.Read(handle, buffer[filled..], position + filled);
            if (read == 0)
                break;
            filled += read;
        }

        return filled;
    }

    private static ReadOnlySpan<byte> WithoutReturn(ReadOnlySpan<byte> line) => line is [.., (byte)'\r'] ? line[..^1] : line;
}
