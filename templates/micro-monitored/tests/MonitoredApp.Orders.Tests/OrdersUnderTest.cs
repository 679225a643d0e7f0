using System.Collections.Concurrent;
using System.Net;
using System.Text;
using MicroMonitored.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace MonitoredApp.Orders.Tests;

/// <summary>The service in this process, with an inventory of the test's own and logs in a folder of its own.</summary>
public sealed class OrdersUnderTest : WebApplicationFactory<Program>
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orders").FullName;

#if (Sqlite)
    public string Database => Path.Combine(_folder, "orders.db");

#endif
    public FakeInventory Inventory { get; } = new();

    /// <summary>A route that throws; none when empty.</summary>
    public string FaultRoute { get; init; } = "";

    /// <summary>Where its metrics, spans and log lines go; nowhere when null.</summary>
    public TelemetryFixture? Telemetry { get; init; }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder
            .UseSetting("Monitoring:LogFolder", _folder)
#if (Sqlite)
            .UseSetting("ConnectionStrings:Orders", $"Data Source={Database};Pooling=False")
#endif
            .UseSetting("Monitoring:FaultRoute", FaultRoute)
            .UseSetting("Inventory:Address", "http://inventory")
            .ConfigureServices(services => services
                .ConfigureHttpClientDefaults(client => client.ConfigurePrimaryHttpMessageHandler(() => Inventory)));
        if (Telemetry is not null)
            builder.UseTelemetry(Telemetry);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}

public sealed class FakeInventory : HttpMessageHandler
{
    private readonly ConcurrentQueue<string> _paths = new();

    public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

    public IReadOnlyCollection<string> Paths => _paths;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _paths.Enqueue(request.RequestUri!.AbsolutePath);
        return Task.FromResult(new HttpResponseMessage(Status)
        {
            Content = new StringContent("""{"items":[{"sku":"apple","quantity":120}]}""", Encoding.UTF8, "application/json"),
        });
    }
}
