using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace MicroMonitored.Verification.Tests;

/// <summary>A stack as companies run it: below paths of one reverse proxy that asks for a login and made its own certificate.</summary>
internal sealed class GuardedStack : IAsyncDisposable
{
    public const string User = "team";
    public const string Password = "not-to-be-printed";
    public const string Token = "token-not-to-be-printed";

    private static readonly string[] Parts = ["prometheus", "loki", "tempo", "otlp", "grafana"];
    private readonly WebApplication _proxy;
    private int _refused;
    private readonly HttpMessageInvoker _plain = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private readonly HttpMessageInvoker _grpc = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });

    private GuardedStack(WebApplication proxy) => _proxy = proxy;

    public string Address => _proxy.Urls.Single();

    /// <summary>Requests that came without the login they need.</summary>
    public int Refused => _refused;

    public static async Task<GuardedStack> StartAsync(VerificationPlan behind)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddHttpForwarder();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(OfItsOwnMaking());
        }));
        var stack = new GuardedStack(builder.Build());
        stack._proxy.Run(context => stack.PassAsync(context, behind));
        await stack._proxy.StartAsync();
        return stack;
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _plain.Dispose();
        _grpc.Dispose();
    }

    private Task PassAsync(HttpContext context, VerificationPlan behind)
    {
        if (!IsLoggedIn(context.Request))
        {
            Interlocked.Increment(ref _refused);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }

        var forwarder = context.RequestServices.GetRequiredService<IHttpForwarder>();
        if (context.Request.ContentType == "application/grpc")
        {
            var exact = new ForwarderRequestConfig { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            return forwarder.SendAsync(context, behind.Endpoints.OtlpGrpc!.ToString(), _grpc, exact).AsTask();
        }

        foreach (var part in Parts)
        {
            if (context.Request.Path.StartsWithSegments($"/{part}", out var rest))
            {
                context.Request.Path = rest;
                return forwarder.SendAsync(context, Of(behind.Endpoints, part).ToString(), _plain).AsTask();
            }
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private static bool IsLoggedIn(HttpRequest request)
        => request.Headers["X-Scope-OrgID"] == "team-a" && request.Headers.Authorization.ToString() is var given
            && (given == $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"))}" || given == $"Bearer {Token}");

    private static Uri Of(StackEndpoints endpoints, string part) => part switch
    {
        "prometheus" => endpoints.Prometheus,
        "loki" => endpoints.Loki,
        "tempo" => endpoints.Tempo,
        "grafana" => endpoints.Grafana!,
        _ => endpoints.OtlpHttp,
    };

    private static X509Certificate2 OfItsOwnMaking()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=stack.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddHours(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
