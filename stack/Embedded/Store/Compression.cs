using System.Buffers;
using System.Collections.Concurrent;
using ZstdSharp;

namespace MicroMonitored.Embedded.Store;

/// <summary>A buffer that grows and goes back to the pool.</summary>
internal sealed class PooledBuffer(int capacity) : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacity);
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public int Length => _length;

    public void Advance(int count) => _length += count;

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        var needed = _length + Math.Max(sizeHint, 1);
        if (needed > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _bytes.Length * 2));
            Written.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsSpan(_length);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        GetSpan(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _length = 0;
    }
}

/// <summary>Stored content: one byte for its form, its length, and the content as it is or as a zstd frame.</summary>
internal static class Compression
{
    private const byte Plain = 0, Zstd = 1;
    private const int Level = 1;
    private const int Worthwhile = 2048;
    private const int Kept = 4;
    private const int MaxLength = 256 * 1024 * 1024;

    private static readonly ConcurrentQueue<Compressor> Compressors = new();
    private static readonly ConcurrentQueue<Decompressor> Decompressors = new();

    public static byte[] Compress(ReadOnlySpan<byte> content)
    {
        using var packed = new PooledBuffer(Compressor.GetCompressBound(content.Length) + 16);
        packed.GetSpan(1)[0] = content.Length < Worthwhile ? Plain : Zstd;
        packed.Advance(1);
        Varint.Write(packed, (ulong)content.Length);
        if (content.Length < Worthwhile)
        {
            packed.Write(content);
            return packed.Written.ToArray();
        }

        if (!Compressors.TryDequeue(out var compressor))
            compressor = new Compressor(Level);
        packed.Advance(compressor.Wrap(content, packed.GetSpan(Compressor.GetCompressBound(content.Length))));
        if (Compressors.Count < Kept)
            Compressors.Enqueue(compressor);
        else
            compressor.Dispose();
        return packed.Written.ToArray();
    }

    /// <summary>The content in a buffer of the pool, which the caller gives back.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> stored, out int length)
    {
        if (stored.IsEmpty)
            throw new InvalidDataException("A stored block is empty.");
        var form = stored[0];
        stored = stored[1..];
        length = Varint.Read(ref stored, MaxLength);
        var content = ArrayPool<byte>.Shared.Rent(Math.Max(length, 1));
        try
        {
            var written = form switch
            {
                Plain when stored.Length == length => Copied(stored, content),
                Zstd => Unpacked(stored, content.AsSpan(0, length)),
                _ => -1,
            };
            return written == length ? content : throw new InvalidDataException("A stored block is damaged.");
        }
        catch (Exception exception)
        {
            ArrayPool<byte>.Shared.Return(content);
            throw exception as InvalidDataException ?? new InvalidDataException("A stored block is damaged.", exception);
        }
    }

    private static int Copied(ReadOnlySpan<byte> from, Span<byte> to)
    {
        from.CopyTo(to);
        return from.Length;
    }

    private static int Unpacked(ReadOnlySpan<byte> from, Span<byte> to)
    {
        if (!Decompressors.TryDequeue(out var decompressor))
            decompressor = new Decompressor();
        try
        {
            return decompressor.Unwrap(from, to);
        }
        finally
        {
            if (Decompressors.Count < Kept)
                Decompressors.Enqueue(decompressor);
            else
                decompressor.Dispose();
        }
    }
}
