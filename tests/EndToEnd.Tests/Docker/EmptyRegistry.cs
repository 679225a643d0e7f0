using System.Net;
using System.Text;

namespace EndToEnd.Tests.Docker;

/// <summary>An image registry on loopback that answers and has no image.</summary>
internal sealed class EmptyRegistry : IDisposable
{
    private readonly HttpListener _listener = new();

    public EmptyRegistry(int port)
    {
        Name = $"127.0.0.1:{port}";
        _listener.Prefixes.Add($"http://{Name}/");
        _listener.Start();
        _ = AnswerAsync();
    }

    /// <summary>Host and port, as an image reference begins.</summary>
    public string Name { get; }

    public void Dispose() => _listener.Close();

    private async Task AnswerAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                var known = context.Request.Url!.AbsolutePath == "/v2/";
                context.Response.StatusCode = known ? 200 : 404;
                context.Response.ContentType = "application/json";
                context.Response.Close(
                    Encoding.ASCII.GetBytes(known ? "{}" : """{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"""), willBlock: false);
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
