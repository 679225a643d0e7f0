using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Instrumentation.Tests.Requests;

/// <summary>One way in which a request may end.</summary>
/// <param name="Name">What happens.</param>
/// <param name="Route">What <c>http.route</c> must say; null where no route matched.</param>
/// <param name="Status">What the client gets.</param>
public sealed record Scenario(string Name, string? Route, int Status)
{
    public string Path { get; init; } = "/orders/7";

    /// <summary>The type of the exception that the service throws, if any.</summary>
    public string? Fault { get; init; }

    public Action<WebApplicationBuilder> Configure { get; init; } = static _ => { };

    /// <summary>What stands in the pipeline before the endpoints.</summary>
    public Action<WebApplication> Use { get; init; } = static _ => { };

    public Action<WebApplication> Map { get; init; } = static _ => { };

    public Func<Uri, CancellationToken, Task> SendAsync { get; init; } = static async (address, cancellation) =>
    {
        using var client = new HttpClient();
        using var answer = await client.GetAsync(address, cancellation);
        await answer.Content.ReadAsStringAsync(cancellation);
    };

    public static readonly IReadOnlyList<Scenario> All =
    [
        new("answers", "/orders/{id}", 200) { Map = static app => app.MapGet("/orders/{id}", static (string id) => id) },
        new("throws without a handler", "/orders/{id}", 500) { Fault = Thrown, Map = Throwing },
        new("throws behind a handler that writes problem details", "/orders/{id}", 500)
        {
            Fault = Thrown,
            Configure = static builder => builder.Services.AddProblemDetails(),
            Use = static app => app.UseExceptionHandler(),
            Map = Throwing,
        },
        new("throws behind a handler that makes it a 503", "/orders/{id}", 503)
        {
            Fault = Thrown,
            Configure = static builder => builder.Services.AddProblemDetails(),
            Use = static app => app.UseExceptionHandler(new ExceptionHandlerOptions { StatusCodeSelector = static _ => 503 }),
            Map = Throwing,
        },
        new("throws behind the page of Development", "/orders/{id}", 500)
        {
            Fault = Thrown,
            Use = static app => app.UseDeveloperExceptionPage(),
            Map = Throwing,
        },
        new("throws behind a handler that runs another route", "/failed", 500)
        {
            Fault = Thrown,
            Use = static app =>
            {
                app.UseExceptionHandler("/failed");
                app.UseRouting();
            },
            Map = static app =>
            {
                Throwing(app);
                app.MapGet("/failed", static () => Results.StatusCode(500));
            },
        },
        new("fails by itself", "/orders/{id}", 500) { Map = static app => app.MapGet("/orders/{id}", static () => Results.StatusCode(500)) },
        new("is unavailable by itself", "/orders/{id}", 503) { Map = static app => app.MapGet("/orders/{id}", static () => Results.StatusCode(503)) },
        new("is unavailable behind status code pages", "/orders/{id}", 503)
        {
            Configure = static builder => builder.Services.AddProblemDetails(),
            Use = static app => app.UseStatusCodePages(),
            Map = static app => app.MapGet("/orders/{id}", static () => Results.StatusCode(503)),
        },
        new("is cancelled by its client", "/orders/{id}", 499)
        {
            Use = static app => app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = static _ => Task.CompletedTask }),
            Map = static app => app.MapGet("/orders/{id}", static cancelled => Task.Delay(Timeout.Infinite, cancelled.RequestAborted)),
            SendAsync = static async (address, cancellation) =>
            {
                using var client = new HttpClient { Timeout = TimeSpan.FromMilliseconds(300) };
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetAsync(address, cancellation));
            },
        },
        new("is refused for its host name", null, 400)
        {
            Configure = static builder => builder.Configuration["AllowedHosts"] = "example.org",
            Map = static app => app.MapGet("/orders/{id}", static (string id) => id),
        },
        new("hits no route", null, 404) { Path = "/nothing", Map = static app => app.MapGet("/orders/{id}", static (string id) => id) },
        new("hits the empty route", "/", 200) { Path = "/", Map = static app => app.MapGet("", static () => "root") },
        new("hits the root", "/", 200) { Path = "/", Map = static app => app.MapGet("/", static () => "root") },
        new("hits a route of a group", "/shop/{name}/orders/{id:int}", 200)
        {
            Path = "/shop/a/orders/7",
            Map = static app => app.MapGroup("/shop/{name}").MapGet("/orders/{id:int}", static (int id) => id),
        },
        new("is a websocket", "/talk", 101)
        {
            Path = "/talk",
            Use = static app => app.UseWebSockets(),
            Map = static app => app.MapGet("/talk", static async context =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            }),
            SendAsync = static async (address, cancellation) =>
            {
                using var socket = new ClientWebSocket();
                await socket.ConnectAsync(new UriBuilder(address) { Scheme = "ws" }.Uri, cancellation);
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancellation);
            },
        },
        new("throws after the answer began", "/orders/{id}", 200)
        {
            Fault = Thrown,
            Map = static app => app.MapGet("/orders/{id}", static async context =>
            {
                await context.Response.WriteAsync("half");
                await context.Response.Body.FlushAsync();
                throw new InvalidOperationException("broken");
            }),
            SendAsync = static async (address, cancellation) =>
            {
                using var client = new HttpClient();
                await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync(address, cancellation));
            },
        },
    ];

    private const string Thrown = "System.InvalidOperationException";

    public override string ToString() => Name;

    private static void Throwing(WebApplication app) => app.MapGet("/orders/{id}", static string (string id) => throw new InvalidOperationException("broken"));
}
