using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Instrumentation.Tests;

/// <summary>A service that is asked once and ends, which sends what is left.</summary>
internal static class GreetingService
{
    public static async Task RunAsync(string folder, CancellationToken cancellation, params string[] arguments)
    {
        var builder = WebApplication.CreateBuilder(["--OTEL_SERVICE_NAME=app", $"--Monitoring:LogFolder={folder}", .. arguments]);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddMonitoring();
        await using var app = builder.Build();
        app.MapGet("/hello/{name}", string (string name) =>
        {
            app.Logger.LogInformation("Hello {Name}", name);
            app.Logger.LogWarning(new InvalidOperationException("refused ?access_token=s3cr3t"), "No greeting from elsewhere");
            return name;
        });
        await app.StartAsync(cancellation);
        using var client = new HttpClient();
        Assert.Equal("Ada", await client.GetStringAsync(new Uri($"{app.Urls.First()}/hello/Ada"), cancellation));
        // The answer is there before the server's span has ended.
        await app.StopAsync(cancellation);
    }

    /// <summary>Asks a store until its answer has the text.</summary>
    public static async Task FoundAsync(Uri query, string expected, CancellationToken cancellation)
    {
        using var client = new HttpClient();
        var (answer, tries) = ("", 0);
        while (!answer.Contains(expected, StringComparison.Ordinal))
        {
            Assert.True(tries++ < 100, $"{query}: {answer}");
            await Task.Delay(100, cancellation);
            answer = await client.GetStringAsync(query, cancellation);
        }
    }
}
