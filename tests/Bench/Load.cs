using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bench;

/// <summary>A fixed number of requests over kept-alive connections, one at a time on each; far cheaper than the server.</summary>
public static class Load
{
    private static readonly byte[] HeaderEnd = "\r\n\r\n"u8.ToArray();

    /// <exception cref="InvalidOperationException">A response was not 200, or the connection ended.</exception>
    public static Task RunAsync(Uri server, string path, int requests, int connections, CancellationToken cancellationToken)
    {
        var request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {server.Authority}\r\n\r\n");
        return Task.WhenAll(Enumerable.Range(0, connections).Select(connection => ConnectionAsync(
            new IPEndPoint(IPAddress.Parse(server.Host), server.Port),
            request,
            (requests / connections) + (connection < requests % connections ? 1 : 0),
            cancellationToken)));
    }

    private static async Task ConnectionAsync(IPEndPoint server, ReadOnlyMemory<byte> request, int requests, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, cancellationToken);
        var buffer = new byte[4096];
        for (var sent = 0; sent < requests; sent++)
        {
            await socket.SendAsync(request, cancellationToken);
            var filled = 0;
            do
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(filled), cancellationToken);
                if (read == 0)
                    throw new InvalidOperationException($"the server ended the connection: {Encoding.ASCII.GetString(buffer, 0, filled)}");
                filled += read;
            }
            while (!IsWhole(buffer.AsSpan(0, filled)));

            if (!buffer.AsSpan(0, filled).StartsWith("HTTP/1.1 200"u8))
                throw new InvalidOperationException($"unexpected response: {Encoding.ASCII.GetString(buffer, 0, filled)}");
        }
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
