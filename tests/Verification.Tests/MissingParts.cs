using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace MicroMonitored.Verification.Tests;

/// <summary>What the embedded engine does not have, in front of its pages: Grafana's login and datasources, with one thing of them broken.</summary>
internal sealed class MissingParts : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpMessageInvoker _engine = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });

    private MissingParts(WebApplication app) => _app = app;

    /// <summary>What is broken; empty when nothing is.</summary>
    public string Fault { get; set; } = "";

    public static async Task<MissingParts> StartAsync(Uri pages)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddHttpForwarder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, RealEngine.FreePorts(1)[0]));
        var parts = new MissingParts(builder.Build());
        parts._app.Run(context => parts.AnswerAsync(context, pages));
        await parts._app.StartAsync();
        return parts;
    }

    /// <summary>The plan of the engine behind, with these parts.</summary>
    public VerificationPlan Plan(VerificationPlan behind) => behind with
    {
        Endpoints = behind.Endpoints with { Grafana = new Uri(_app.Urls.Single()) },
        Grafana = new GrafanaCredentials("admin", "secret"),
    };

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _engine.Dispose();
    }

    private async Task AnswerAsync(HttpContext context, Uri pages)
    {
        const string Sources = "/api/datasources/uid/";
        var path = context.Request.Path.Value!;
        if (path is "/api/user" or "/api/org")
        {
            context.Response.StatusCode = IsKnown(context) ? 200 : 401;
            await context.Response.WriteAsync("{}");
        }
        else if (path.StartsWith(Sources, StringComparison.Ordinal))
            await context.Response.WriteAsync($$"""{"uid":"{{path[Sources.Length..]}}"}""");
        else if (Fault == "datasource-wrong" && path.Contains("/proxy/uid/loki", StringComparison.Ordinal))
            context.Response.StatusCode = 502;
        else
            await context.RequestServices.GetRequiredService<IHttpForwarder>().SendAsync(context, pages.ToString(), _engine);
    }

    private bool IsKnown(HttpContext context)
    {
        var basic = ((string?)context.Request.Headers.Authorization) is { } header ? Encoding.UTF8.GetString(Convert.FromBase64String(header[6..])) : null;
        return (basic == "admin:secret" && Fault != "grafana-wrong-password") || (basic == "admin:admin" && Fault == "grafana-default-password")
            || (basic is null && Fault == "grafana-anonymous");
    }
}
