using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Instrumentation.Tests.Requests;

/// <summary>What one request left of each signal.</summary>
/// <param name="Span">Its server span.</param>
/// <param name="Measured">The attributes of its <c>http.server.request.duration</c>.</param>
/// <param name="Lines">The lines of the log file; none for the plain instrumentation.</param>
internal sealed record Recorded(Activity Span, IReadOnlyDictionary<string, object?> Measured, IReadOnlyList<JsonElement> Lines)
{
    /// <summary>The line of the request.</summary>
    public JsonElement RequestLine => Assert.Single(Lines, line => line.TryGetProperty("http_status", out _));

    /// <summary>Runs the scenario against a service with this repository's instrumentation.</summary>
    public static Task<Recorded> ByUsAsync(Scenario scenario)
        => RunAsync(scenario, static builder => builder.AddMonitoring(), static app => app.MapMonitoring());

    /// <summary>Runs it against one with OpenTelemetry's own instrumentation and nothing else.</summary>
    public static Task<Recorded> ByPlainOpenTelemetryAsync(Scenario scenario)
        => RunAsync(
            scenario,
            static builder => builder.Services.AddOpenTelemetry()
                .WithTracing(static traces => traces.AddAspNetCoreInstrumentation(static spans => spans.RecordException = true)),
            static _ => { });

    private static async Task<Recorded> RunAsync(Scenario scenario, Action<WebApplicationBuilder> configure, Action<WebApplication> map)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var folder = Directory.CreateTempSubdirectory("requests").FullName;
        try
        {
            var builder = WebApplication.CreateBuilder();
            builder.Configuration["Monitoring:LogFolder"] = folder;
            builder.Configuration["OTEL_SERVICE_NAME"] = "app";
            builder.Configuration["Logging:LogLevel:Microsoft"] = "Warning";
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var spans = new Spans();
            configure(builder);
            builder.Services.ConfigureOpenTelemetryTracerProvider(traces => traces.AddProcessor(spans));
            scenario.Configure(builder);
            var measured = new TaskCompletionSource<Dictionary<string, object?>>(TaskCreationOptions.RunContinuationsAsynchronously);
            Activity span;
            Dictionary<string, object?> attributes;
            await using (var app = builder.Build())
            {
                scenario.Use(app);
                map(app);
                scenario.Map(app);
                await app.StartAsync(limit.Token);
                using var meters = Listen(measured);
                var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
                await scenario.SendAsync(new Uri(new Uri(address), scenario.Path), limit.Token);
                span = await spans.Server.Task.WaitAsync(limit.Token);
                attributes = await measured.Task.WaitAsync(limit.Token);
            }

            var file = Path.Combine(folder, "app.log");
            var lines = File.Exists(file) ? await File.ReadAllLinesAsync(file, limit.Token) : [];
            return new Recorded(span, attributes, [.. lines.Select(static line => JsonDocument.Parse(line).RootElement)]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static MeterListener Listen(TaskCompletionSource<Dictionary<string, object?>> measured)
    {
        var meters = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "http.server.request.duration")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<double>(
            (_, _, tags, _) => measured.TrySetResult(tags.ToArray().ToDictionary(static tag => tag.Key, static tag => tag.Value)));
        meters.Start();
        return meters;
    }

    private sealed class Spans : BaseProcessor<Activity>
    {
        public TaskCompletionSource<Activity> Server { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void OnEnd(Activity data)
        {
            if (data.Kind == ActivityKind.Server)
                Server.TrySetResult(data);
        }
    }
}
