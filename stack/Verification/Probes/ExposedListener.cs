using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MicroMonitored.Verification.Probes;

/// <summary>Answers <c>GET /metrics</c>, and a webhook's POST where somebody takes it; names itself to a scraper while it does.</summary>
internal sealed class ExposedListener : IAsyncDisposable
{
    private const int LargestHead = 16 * 1024;
    private const int LargestBody = 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly TcpListener _listener;
    private readonly string _job;
    private readonly Func<string> _metrics;
    private readonly Func<byte[], bool>? _take;
    private readonly string? _targetsFile;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    /// <param name="job">What it is called among the targets.</param>
    /// <param name="metrics">The text of <c>/metrics</c>.</param>
    /// <param name="take">Whether a body that is posted is one that it takes; null refuses all.</param>
    /// <exception cref="IOException">The port is taken, or the targets file cannot be written.</exception>
    public ExposedListener(Exposure exposure, string job, Func<string> metrics, Func<byte[], bool>? take = null)
    {
        (_job, _metrics, _take) = (job, metrics, take);
        _listener = new TcpListener(exposure.Address ?? IPAddress.Loopback, exposure.Port);
        try
        {
            _listener.Start();
        }
        catch (SocketException exception)
        {
            throw new IOException($"port {exposure.Port} of {job} cannot be listened on: {exception.Message}; name another or 0", exception);
        }
        var endpoint = (IPEndPoint)_listener.LocalEndpoint;
        Address = new Uri($"http://{endpoint}/metrics");
        ReachedAs = $"{exposure.ReachedAs}:{endpoint.Port}";
        _targetsFile = exposure.TargetsFile;
        try
        {
            Announce();
        }
        catch
        {
            _listener.Dispose();
            throw;
        }
        _accepting = AcceptAsync();
    }

    /// <summary>Its <c>/metrics</c> as seen from here.</summary>
    public Uri Address { get; }

    /// <summary>Host and port as seen from the stack.</summary>
    public string ReachedAs { get; }

    public async ValueTask DisposeAsync()
    {
        if (_targetsFile is not null)
            File.Delete(_targetsFile);
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private void Announce()
    {
        if (_targetsFile is null)
            return;
        var encode = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        var text =
            $$"""[{ "targets": ["{{JsonEncodedText.Encode(ReachedAs, encode)}}"], "labels": { "job": "{{JsonEncodedText.Encode(_job, encode)}}" } }]""";
        Directory.CreateDirectory(Path.GetDirectoryName(_targetsFile)!);
        // A scraper that reads it meanwhile finds the whole of it or nothing.
        File.WriteAllText($"{_targetsFile}.new", text + "\n");
        File.Move($"{_targetsFile}.new", _targetsFile, overwrite: true);
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync(_stopping.Token).ConfigureAwait(false));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // A connection that ended before it was accepted; or the listener itself has ended.
            }
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(Patience);
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                var (status, text) = await AnswerAsync(stream, limit.Token).ConfigureAwait(false);
                var body = Encoding.UTF8.GetBytes(text);
                var head = $"HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                    + $"Content-Length: {body.Length}\r\nConnection: close\r\n\r\n";
                await stream.WriteAsync(Encoding.ASCII.GetBytes(head), limit.Token).ConfigureAwait(false);
                await stream.WriteAsync(body, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Who asked has gone; it asks again.
        }
    }

    private async Task<(string Status, string Body)> AnswerAsync(NetworkStream stream, CancellationToken cancellation)
    {
        var buffer = new byte[LargestHead];
        int read = 0, end;
        while ((end = buffer.AsSpan(0, read).IndexOf("\r\n\r\n"u8)) < 0)
        {
            var more = read == buffer.Length ? 0 : await stream.ReadAsync(buffer.AsMemory(read), cancellation).ConfigureAwait(false);
            if (more == 0)
                return ("400 Bad Request", "");
            read += more;
        }
        var head = Encoding.ASCII.GetString(buffer, 0, end).Split("\r\n");
        if (head[0].StartsWith("GET /metrics ", StringComparison.Ordinal) || head[0].StartsWith("GET /metrics?", StringComparison.Ordinal))
            return ("200 OK", _metrics());
        if (_take is null || !head[0].StartsWith("POST ", StringComparison.Ordinal))
            return ("404 Not Found", $"this is {_job}; it shows /metrics\n");
        const string Length = "Content-Length:";
        if (!int.TryParse(head.FirstOrDefault(line => line.StartsWith(Length, StringComparison.OrdinalIgnoreCase))?[Length.Length..], out var length)
            || length is < 0 or > LargestBody)
            return ("411 Length Required", $"a length of at most {LargestBody} bytes is needed\n");
        var body = new byte[length];
        var before = Math.Min(length, read - end - 4);
        buffer.AsSpan(end + 4, before).CopyTo(body);
        await stream.ReadExactlyAsync(body.AsMemory(before), cancellation).ConfigureAwait(false);
        return _take(body) ? ("200 OK", "") : ("400 Bad Request", "");
    }
}
