using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace EndToEnd.Tests.Docker;

/// <summary>Passes a Docker client's requests on to the engine of this machine, until the test closes it.</summary>
internal sealed class EngineProxy : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mm-proxy-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly ConcurrentBag<Socket> _open = [];
    private readonly UnixDomainSocketEndPoint _engine;
    private readonly string _moment;
    private readonly Action<EngineProxy> _then;
    private readonly Task _accepting;
    private int _reached;

    /// <param name="moment">A part of a request line, such as <c>/containers/create</c>.</param>
    /// <param name="then">What happens when the first such request has come, before it is passed on.</param>
    public EngineProxy(string moment, Action<EngineProxy> then)
    {
        (_moment, _then) = (moment, then);
        var host = Environment.GetEnvironmentVariable("DOCKER_HOST") ?? "unix:///var/run/docker.sock";
        Assert.SkipUnless(host.StartsWith("unix://", StringComparison.Ordinal), $"the engine is at {host}; the proxy of this test speaks to a unix socket");
        _engine = new UnixDomainSocketEndPoint(host["unix://".Length..]);
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder, "engine.sock")));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>The value of <c>DOCKER_HOST</c> that leads here.</summary>
    public string Address => $"unix://{_folder}/engine.sock";

    /// <summary>Whether the moment has come.</summary>
    public bool Reached => Volatile.Read(ref _reached) > 0;

    /// <summary>From now on nobody answers.</summary>
    public void Close()
    {
        _listener.Dispose();
        File.Delete(Path.Combine(_folder, "engine.sock"));
        foreach (var socket in _open)
            socket.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        Close();
        await _accepting;
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var client = await _listener.AcceptAsync();
                var engine = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await engine.ConnectAsync(_engine);
                _open.Add(client);
                _open.Add(engine);
                _ = PassAsync(client, engine, watched: true);
                _ = PassAsync(engine, client, watched: false);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task PassAsync(Socket from, Socket to, bool watched)
    {
        var buffer = new byte[32 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is var read && read > 0)
            {
                if (watched && Encoding.Latin1.GetString(buffer, 0, read).Split('\n')[0].Contains(_moment, StringComparison.Ordinal)
                    && Interlocked.Exchange(ref _reached, 1) == 0)
                    _then(this);
                await to.SendAsync(buffer.AsMemory(0, read));
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            from.Dispose();
            to.Dispose();
        }
    }
}
