using System.Net;
using MicroMonitored.Instrumentation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Instrumentation.Tests;

[Collection(OneHost.AtATime)]
public sealed class MonitoringExtensionsTests : IDisposable
{
    private const string Retry = "OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY";

    private readonly string _folder = Directory.CreateTempSubdirectory("monitoring").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("Production", "in_memory")]
    [InlineData("Development", "")]
    [InlineData("Development", "disk", $"--{Retry}=disk")]
    public void Spans_that_nobody_took_are_sent_again_unless_a_person_waits(string environment, string retry, params string[] arguments)
        => Assert.Equal(retry, Builder(environment, arguments).Configuration[Retry]);

    [Fact]
    public async Task Every_signal_has_the_resource_of_the_standard_and_its_variables_win()
    {
        await using var app = Builder("Staging", "--OTEL_SERVICE_NAME=orders", "--OTEL_RESOURCE_ATTRIBUTES=service.version=7,team=a").Build();
        foreach (var provider in new BaseProvider[] { app.Services.GetRequiredService<TracerProvider>(), app.Services.GetRequiredService<MeterProvider>() })
        {
            var resource = provider.GetResource().Attributes.ToDictionary();
            Assert.Equal("orders", resource["service.name"]);
            Assert.Equal("7", resource["service.version"]);
            Assert.Equal("staging", resource["deployment.environment.name"]);
            Assert.Equal("a", resource["team"]);
            Assert.NotEmpty((string)resource["service.instance.id"]);
        }
    }

    [Fact]
    public async Task The_console_stays_and_has_the_form_that_configuration_chose()
    {
        await using var app = Builder("Production", "--Logging:Console:FormatterName=json").Build();
        Assert.Contains(app.Services.GetServices<ILoggerProvider>(), static provider => provider is ConsoleLoggerProvider);
        Assert.Equal("json", app.Services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.FormatterName);
    }

    [Fact]
    public async Task Another_service_is_called_by_its_name_and_again_when_it_fails_but_only_where_that_is_safe()
    {
        var asked = new List<(HttpMethod, Uri)>();
        var builder = Builder("Production", "--Services:shop-inventory:http:0=http://127.0.0.1:8123");
        builder.Services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler(() => new Failing(asked)));
        await using var app = builder.Build();
        using var client = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
        using var read = await client.GetAsync("http://shop-inventory/stock");
        using var written = await client.PostAsync("http://shop-inventory/stock", null);
        Assert.Equal(
            [.. Enumerable.Repeat((HttpMethod.Get, new Uri("http://127.0.0.1:8123/stock")), 3), (HttpMethod.Post, new Uri("http://127.0.0.1:8123/stock"))],
            asked);
    }

    [Theory]
    [InlineData("http://shop-inventory/stock", "http://shop-inventory:8080/stock")]
    [InlineData("http://shop-inventory:81/stock", "http://shop-inventory:81/stock")]
    [InlineData("http://shop-known/stock", "http://127.0.0.1:8123/stock")]
    [InlineData("http://nginx/stock", "http://nginx/stock")]
    public async Task Where_all_listen_on_one_port_another_service_is_found_by_its_name_alone(string called, string asked)
    {
        var requests = new List<(HttpMethod, Uri)>();
        var builder = Builder(
            "Production", "--OTEL_SERVICE_NAME=shop-orders", "--Monitoring:PeerPort=8080", "--Services:shop-known:http:0=http://127.0.0.1:8123");
        builder.Services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler(() => new Failing(requests)));
        await using var app = builder.Build();
        using var client = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
        using var written = await client.PostAsync(new Uri(called), null);
        Assert.Equal([(HttpMethod.Post, new Uri(asked))], requests);
    }

    [Fact]
    public void In_Development_a_service_joins_the_stack_that_is_up_in_its_checkout()
    {
        const string endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
        var project = Directory.CreateDirectory(Path.Combine(_folder, "src", "Shop.Orders")).FullName;
        Directory.CreateDirectory(Path.Combine(_folder, "stack"));
        File.WriteAllText(Path.Combine(_folder, "stack", "stack.json"), "{}");
        var run = Directory.CreateDirectory(Path.Combine(_folder, "artifacts", "run")).FullName;
        Assert.Equal((null, Path.Combine(_folder, "artifacts", "logs")), Told("Development"));

        Up(_folder);
        Assert.Equal(("http://127.0.0.1:4317", "/logs"), Told("Development"));
        Assert.Equal(("http://elsewhere", "/logs"), Told("Development", $"--{endpoint}=http://elsewhere"));
        Assert.Equal((null, null), Told("Production"));
        Assert.Equal((null, null), Told("Development", "--applicationName=Shop.Orders"));

        Up("/the/original/of/this/copy");
        Assert.Null(Told("Development").Endpoint);

        void Up(string checkout) => File.WriteAllText(
            Path.Combine(run, "development.json"),
            $$"""{ "Checkout": "{{checkout}}", "{{endpoint}}": "http://127.0.0.1:4317", "Monitoring:LogFolder": "/logs" }""");

        (string? Endpoint, string? LogFolder) Told(string environment, params string[] arguments)
        {
            var builder = WebApplication.CreateBuilder(
                new WebApplicationOptions { EnvironmentName = environment, ContentRootPath = project, Args = arguments });
            builder.AddTelemetryDefaults();
            return (builder.Configuration[endpoint], builder.Configuration["Monitoring:LogFolder"]);
        }
    }

    private WebApplicationBuilder Builder(string environment, params string[] arguments)
    {
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { EnvironmentName = environment, Args = [$"--Monitoring:LogFolder={_folder}", .. arguments] });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddMonitoring();
        return builder;
    }

    private sealed class Failing(List<(HttpMethod, Uri)> asked) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            asked.Add((request.Method, request.RequestUri!));
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable));
        }
    }
}
