using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bench;

/// <summary>
/// A fixed number of requests over kept-alive connections, one in flight on each, all from one thread: it takes little
/// processor time from the server under load, and the same from every server.
/// </summary>
public static class Load
{
    private static readonly byte[] HeaderEnd = "\r\n\r\n"u8.ToArray();
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <exception cref="InvalidOperationException">A response was not 200, or the connection ended.</exception>
    /// <exception cref="SocketException">The server did not answer in time.</exception>
    public static Task RunAsync(Uri server, string path, int requests, int connections, CancellationToken cancellationToken)
        => Task.Factory.StartNew(
            () => Run(new IPEndPoint(IPAddress.Parse(server.Host), server.Port),
                Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {server.Authority}\r\n\r\n"), requests, connections, cancellationToken),
            cancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

    private static void Run(IPEndPoint server, byte[] request, int requests, int connections, CancellationToken cancellationToken)
    {
        var sockets = new List<Socket>();
        try
        {
            for (var connection = 0; connection < connections; connection++)
            {
                sockets.Add(
                    new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = (int)Patience.TotalMilliseconds });
                sockets[^1].Connect(server);
            }

            var buffer = new byte[4096];
            for (var sent = 0; sent < requests; sent += connections)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var inFlight = Math.Min(connections, requests - sent);
                for (var connection = 0; connection < inFlight; connection++)
                    sockets[connection].Send(request);
                for (var connection = 0; connection < inFlight; connection++)
                    Receive(sockets[connection], buffer);
            }
        }
        finally
        {
            foreach (var socket in sockets)
                socket.Dispose();
        }
    }

    private static void Receive(Socket socket, byte[] buffer)
    {
        var filled = 0;
        do
        {
            var read = socket.Receive(buffer.AsSpan(filled));
            if (read == 0)
                throw new InvalidOperationException($"the server ended the connection: {Encoding.ASCII.GetString(buffer, 0, filled)}");
            filled += read;
        }
        while (!IsWhole(buffer.AsSpan(0, filled)));

        if (!buffer.AsSpan(0, filled).StartsWith("HTTP/1.1 200"u8))
            throw new InvalidOperationException($"unexpected response: {Encoding.ASCII.GetString(buffer, 0, filled)}");
    }

    private static bool IsWhole(ReadOnlySpan<byte> response)
    {
        var headers = response.IndexOf(HeaderEnd);
        if (headers < 0)
            return false;
        var named = response[..headers].IndexOf("Content-Length: "u8);
        if (named < 0)
            return response.EndsWith("\r\n0\r\n\r\n"u8);
        var length = response[(named + "Content-Length: ".Length)..headers];
        var end = length.IndexOf((byte)'\r');
        return response.Length - headers - HeaderEnd.Length >= int.Parse(end < 0 ? length : length[..end], NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
