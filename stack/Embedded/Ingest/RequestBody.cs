using System.Buffers;
using System.IO.Compression;
using Google.Protobuf;
using MicroMonitored.Protocols;
using Snappier;

namespace MicroMonitored.Embedded.Ingest;

/// <summary>Reads request bodies: unpacked as they arrive, and never more of them than the limit.</summary>
internal sealed class RequestBody : IDisposable
{
    /// <summary>The largest body, after decompression.</summary>
    public const int Limit = 16 * 1024 * 1024;
    private const int Small = 1024 * 1024;

    /// <summary>A snappy block of three bytes says sixty-four at most.</summary>
    private const int MostSnappy = 22;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    // Large bodies are read one at a time into one buffer, so that many senders together cannot fill the memory.
    private readonly SemaphoreSlim _large = new(1);
    private byte[]? _largeBuffer;
    private readonly Lock _unpacking = new();
    private ArrayBufferWriter<byte>? _unpacked;

    /// <summary>Hands the whole body to <paramref name="use"/>; the memory is valid only within the call.</summary>
    /// <param name="what">What the body must be, for the sender of one that is not.</param>
    /// <exception cref="IngestException">Too large, an unknown encoding, not what its encoding says, or not what it must be.</exception>
    public Task<T> ReadAsync<T>(HttpRequest request, string what, Func<ReadOnlyMemory<byte>, T> use, CancellationToken cancellation) =>
        ReadAsync(request, "identity", what, use, cancellation);

    /// <summary>The same for a body that is one block of snappy, whether or not its encoding says so.</summary>
    /// <exception cref="IngestException">Too large, an unknown encoding, not what its encoding says, or not what it must be.</exception>
    public Task<T> ReadSnappyAsync<T>(HttpRequest request, string what, Func<ReadOnlyMemory<byte>, T> use, CancellationToken cancellation) =>
        ReadAsync(request, "snappy", what, bytes => Unsnappy(bytes, use), cancellation);

    private T Unsnappy<T>(ReadOnlyMemory<byte> bytes, Func<ReadOnlyMemory<byte>, T> use)
    {
        var length = Snappy.GetUncompressedLength(bytes.Span);
        if (length > Limit)
            throw TooLarge();
        if (length / MostSnappy > bytes.Length)
            throw IngestException.Invalid("The body cannot be decompressed.");
        if (length <= Small)
        {
            using var unpacked = Snappy.DecompressToMemory(bytes.Span);
            return use(unpacked.Memory);
        }

        lock (_unpacking)
        {
            _unpacked ??= new(Limit);
            _unpacked.ResetWrittenCount();
            Snappy.Decompress(new ReadOnlySequence<byte>(bytes), _unpacked);
            return use(_unpacked.WrittenMemory);
        }
    }

    private async Task<T> ReadAsync<T>(
        HttpRequest request, string plain, string what, Func<ReadOnlyMemory<byte>, T> use, CancellationToken cancellation)
    {
        if (request.ContentLength > Limit)
            throw TooLarge();
        var body = request.Headers.ContentEncoding.ToString().Trim() switch
        {
            var encoding when encoding is "" or "identity" || encoding == plain => request.Body,
            "gzip" => new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            "deflate" => new ZLibStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            var other => throw new IngestException(
                StatusCodes.Status415UnsupportedMediaType,
                $"Content-Encoding '{(other.Length > 40 ? other[..40] : other)}' is not supported; use gzip, deflate or none."),
        };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Timeout);
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        var beyond = new byte[1];
        var holdsLarge = false;
        try
        {
            var length = 0;
            while (true)
            {
                if (length == Limit)
                {
                    if (await body.ReadAsync(beyond, limit.Token) > 0)
                        throw TooLarge();
                    break;
                }

                if (length == buffer.Length)
                {
                    byte[] larger;
                    if (length < Small)
                    {
                        larger = ArrayPool<byte>.Shared.Rent(length * 2);
                    }
                    else
                    {
                        holdsLarge = await _large.WaitAsync(TimeSpan.FromSeconds(10), limit.Token)
                            ? true
                            : throw new IngestException(StatusCodes.Status503ServiceUnavailable, "Too many large bodies at once; send again.");
                        larger = _largeBuffer ??= GC.AllocateUninitializedArray<byte>(Limit);
                    }

                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                var read = await body.ReadAsync(buffer.AsMemory(length), limit.Token);
                if (read == 0)
                    break;
                length += read;
            }

            return use(buffer.AsMemory(0, length));
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new IngestException(StatusCodes.Status408RequestTimeout, $"The body took longer than {Timeout.TotalSeconds} seconds.", exception);
        }
        catch (LimitException exception)
        {
            throw new IngestException(StatusCodes.Status413PayloadTooLarge, exception.Message, exception);
        }
        catch (Exception exception) when (exception is FormatException or InvalidProtocolBufferException)
        {
            throw IngestException.Invalid($"The body is not {what}: {exception.Message}", exception);
        }
        catch (InvalidDataException exception)
        {
            throw IngestException.Invalid("The body cannot be decompressed.", exception);
        }
        finally
        {
            if (body != request.Body)
                await body.DisposeAsync();
            if (holdsLarge)
                _large.Release();
            else
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose() => _large.Dispose();

    private static IngestException TooLarge() =>
        new(StatusCodes.Status413PayloadTooLarge, $"The body is larger than {Limit / 1024 / 1024} MiB after decompression.");
}
