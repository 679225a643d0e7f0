using System.Net;
using System.Net.Sockets;
using System.Text;
using Embedded.Tests.Ingest;

namespace Embedded.Tests.Hosting;

/// <summary>Clients that keep a connection without sending, or keep too many of them.</summary>
public sealed class ConnectionLimitTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    [Theory]
    [InlineData("POST /v1/traces HTTP/1.1\r\nHost: localhost\r\n", "408")]
    [InlineData("POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", "408")]
    public async Task What_is_begun_and_not_sent_is_ended(string begun, string status)
    {
        await using var engine = await Engine.StartAsync();
        using var client = await ConnectAsync(engine);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(begun));
        using var limit = new CancellationTokenSource(Patience);
        using var reader = new StreamReader(client.GetStream());
        Assert.StartsWith($"HTTP/1.1 {status}", await reader.ReadToEndAsync(limit.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_connections_than_the_limit_are_closed_and_the_others_answered()
    {
        await using var engine = await Engine.StartAsync();
        var clients = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 520; i++)
                clients.Add(await ConnectAsync(engine));
            using var limit = new CancellationTokenSource(Patience);
            var last = await AnswerAsync(clients[^1], limit.Token);
            Assert.True(last.Length == 0, $"The last was answered: {last}");
            Assert.StartsWith("HTTP/1.1 405", await AnswerAsync(clients[0], limit.Token), StringComparison.Ordinal);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    private static async Task<string> AnswerAsync(TcpClient client, CancellationToken cancellation)
    {
        try
        {
            await client.GetStream().WriteAsync("GET /v1/traces HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray(), cancellation);
            using var reader = new StreamReader(client.GetStream());
            return await reader.ReadToEndAsync(cancellation);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static async Task<TcpClient> ConnectAsync(Engine engine)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, engine.Options.Ports.OtlpHttp);
        return client;
    }
}
