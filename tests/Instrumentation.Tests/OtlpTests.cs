using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Instrumentation.Tests;

[Collection(OneHost.AtATime)]
public sealed class OtlpTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("otlp").FullName;
    private readonly ConcurrentDictionary<string, string?> _received = new();
    private readonly WebApplication _collector;

    public OtlpTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _collector = builder.Build();
        _collector.Run(context =>
        {
            _received[context.Request.Path.Value!] = context.Request.Headers["tenant"];
            return context.Request.Body.CopyToAsync(Stream.Null);
        });
        _collector.Start();
    }

    private string Address => _collector.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public async ValueTask DisposeAsync()
    {
        await _collector.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Only_traces_are_sent_where_only_an_endpoint_is_set()
    {
        await RunAsync($"--OTEL_EXPORTER_OTLP_ENDPOINT={Address}");
        Assert.Equal(["/v1/traces"], _received.Keys);
    }

    [Fact]
    public async Task All_three_signals_are_sent_when_asked_and_the_file_has_its_lines_still()
    {
        await RunAsync($"--OTEL_EXPORTER_OTLP_ENDPOINT={Address}", "--OTEL_LOGS_EXPORTER=otlp", "--OTEL_METRICS_EXPORTER=otlp");
        Assert.Equal(["/v1/logs", "/v1/metrics", "/v1/traces"], _received.Keys.Order());
        Assert.Contains("something happened", await File.ReadAllTextAsync(Path.Combine(_folder, "app.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_follows_the_variables_of_its_own()
    {
        await RunAsync(
            $"--OTEL_EXPORTER_OTLP_TRACES_ENDPOINT={Address}/here", "--OTEL_EXPORTER_OTLP_TRACES_HEADERS=tenant=a",
            $"--OTEL_EXPORTER_OTLP_LOGS_ENDPOINT={Address}/there", "--OTEL_LOGS_EXPORTER=otlp");
        Assert.Equal(new Dictionary<string, string?> { ["/here"] = "a", ["/there"] = null }, _received.OrderBy(static pair => pair.Key).ToDictionary());
    }

    [Theory]
    [InlineData("--OTEL_TRACES_EXPORTER=none")]
    [InlineData("--OTEL_EXPORTER_OTLP_ENDPOINT=")]
    public async Task Nothing_is_sent_where_that_is_asked_or_no_endpoint_is_set(string argument)
    {
        await RunAsync($"--OTEL_EXPORTER_OTLP_ENDPOINT={Address}", argument);
        Assert.Empty(_received);
    }

    [Fact]
    public async Task A_receiver_that_has_no_address_or_says_nothing_gets_the_spans_once_it_answers()
    {
        var receiver = new Ailing();
        await RunAsync(
            builder => builder.Services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler(() => receiver)),
            () => receiver.Recovered.Task.WaitAsync(TimeSpan.FromSeconds(30)),
            $"--OTEL_EXPORTER_OTLP_ENDPOINT={Address}");
        Assert.Equal(["/v1/traces"], _received.Keys);
    }

    private Task RunAsync(params string[] arguments) => RunAsync(static _ => { }, static () => Task.CompletedTask, arguments);

    private async Task RunAsync(Action<WebApplicationBuilder> configure, Func<Task> until, params string[] arguments)
    {
        var builder = WebApplication.CreateBuilder(
            ["--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "--OTEL_SERVICE_NAME=app", $"--Monitoring:LogFolder={_folder}", .. arguments]);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddMonitoring();
        configure(builder);
        await using var app = builder.Build();
        await app.StartAsync();
        using var source = new ActivitySource("Instrumentation.Own");
        using (source.StartActivity("work"))
            app.Logger.LogInformation("something happened");
        await until();
    }

    /// <summary>The way to a receiver whose name is unknown at first, which then takes a request and says nothing, and then is well.</summary>
    private sealed class Ailing : DelegatingHandler
    {
        private int _tries;

        public Ailing() => InnerHandler = new SocketsHttpHandler();

        public TaskCompletionSource Recovered { get; } = new();

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            switch (++_tries)
            {
                case 1:
                    throw new HttpRequestException(HttpRequestError.NameResolutionError, "No such host is known.");
                case 2:
                    cancellationToken.WaitHandle.WaitOne();
                    break;
            }

            cancellationToken.ThrowIfCancellationRequested();
            var answer = base.Send(request, cancellationToken);
            Recovered.SetResult();
            return answer;
        }
    }
}
