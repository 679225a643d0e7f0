using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MicroMonitored.Verification.Canaries;

/// <summary>Answers <c>GET /metrics</c> and nothing else, and names itself to a scraper while it does.</summary>
internal sealed class MetricsListener : IAsyncDisposable
{
    private const int LargestRequest = 16 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly TcpListener _listener;
    private readonly Func<string> _text;
    private readonly string? _targetsFile;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    /// <exception cref="IOException">The port is taken, or the targets file cannot be written.</exception>
    public MetricsListener(CanaryExposure exposure, string job, Func<string> text)
    {
        _text = text;
        _listener = new TcpListener(exposure.Address ?? IPAddress.Loopback, exposure.Port);
        try
        {
            _listener.Start();
        }
        catch (SocketException exception)
        {
            throw new IOException($"the canary's port {exposure.Port} cannot be listened on: {exception.Message}; name another or 0", exception);
        }
        var endpoint = (IPEndPoint)_listener.LocalEndpoint;
        Address = new Uri($"http://{endpoint}/metrics");
        _targetsFile = exposure.TargetsFile;
        try
        {
            Announce($"{exposure.ScrapedAs}:{endpoint.Port}", job);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    public async ValueTask DisposeAsync()
    {
        if (_targetsFile is not null)
            File.Delete(_targetsFile);
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private void Announce(string target, string job)
    {
        if (_targetsFile is null)
            return;
        var encode = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        var text = $$"""[{ "targets": ["{{JsonEncodedText.Encode(target, encode)}}"], "labels": { "job": "{{JsonEncodedText.Encode(job, encode)}}" } }]""";
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
                var request = await RequestAsync(stream, limit.Token).ConfigureAwait(false);
                var found = request.StartsWith("GET /metrics ", StringComparison.Ordinal) || request.StartsWith("GET /metrics?", StringComparison.Ordinal);
                var body = Encoding.UTF8.GetBytes(found ? _text() : "this is a canary; it shows /metrics\n");
                var head = $"HTTP/1.1 {(found ? "200 OK" : "404 Not Found")}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                    + $"Content-Length: {body.Length}\r\nConnection: close\r\n\r\n";
                await stream.WriteAsync(Encoding.ASCII.GetBytes(head), limit.Token).ConfigureAwait(false);
                await stream.WriteAsync(body, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The scraper has gone; it asks again.
        }
    }

    private static async Task<string> RequestAsync(NetworkStream stream, CancellationToken cancellation)
    {
        var buffer = new byte[LargestRequest];
        var read = 0;
        while (read < buffer.Length && buffer.AsSpan(0, read).IndexOf("\r\n\r\n"u8) < 0)
        {
            var more = await stream.ReadAsync(buffer.AsMemory(read), cancellation).ConfigureAwait(false);
            if (more == 0)
                break;
            read += more;
        }
        return Encoding.ASCII.GetString(buffer, 0, read);
    }
}
