using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace MicroMonitored.Embedded.Hosting;

/// <summary>Lets through only what may reach the engine: known host names, no write from a foreign page, the token where one is due.</summary>
internal sealed class RequestGuard
{
    private readonly HashSet<string> _hosts = new(StringComparer.OrdinalIgnoreCase) { "localhost", "127.0.0.1", "[::1]" };
    private readonly byte[]? _token;

    public RequestGuard(EmbeddedOptions options)
    {
        _hosts.UnionWith(options.AllowedHosts);
        var address = options.BindAddress;
        _hosts.Add(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString());
        if (!IPAddress.IsLoopback(address))
            _token = SHA256.HashData(Encoding.UTF8.GetBytes(options.Token!));
    }

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (!_hosts.Contains(request.Host.Host))
            return RefuseAsync(context, StatusCodes.Status403Forbidden, "This host name is not allowed; see allowedHosts.");
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !OwnOrigin(request))
            return RefuseAsync(context, StatusCodes.Status403Forbidden, "Writes from another origin are not allowed.");
        if (_token is not null && !AnswersAnyone(context) && !HasToken(request))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return RefuseAsync(context, StatusCodes.Status401Unauthorized, "A bearer token is required.");
        }

        return next(context);
    }

    private static bool OwnOrigin(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site")
            return false;
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || string.Equals(origin, $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase);
    }

    private static bool AnswersAnyone(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<AnswersAnyone>() is not null;

    private bool HasToken(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(header[7..].Trim())), _token);
    }

    private static Task RefuseAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(reason + "\n", context.RequestAborted);
    }
}
