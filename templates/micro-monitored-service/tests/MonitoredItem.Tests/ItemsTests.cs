using System.Net;
using System.Net.Http.Json;
using MicroMonitored.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Logging;

namespace MonitoredItem.Tests;

public sealed class ItemsTests : IClassFixture<TelemetryFixture>, IDisposable
{
    private readonly TelemetryFixture _telemetry;
    private readonly string _folder = Directory.CreateTempSubdirectory("items").FullName;
    private readonly WebApplicationFactory<Program> _service;

    public ItemsTests(TelemetryFixture telemetry)
    {
        _telemetry = telemetry;
        _service = new WebApplicationFactory<Program>().WithWebHostBuilder(host => host
            .UseSetting("Monitoring:LogFolder", _folder)
            .UseTelemetry(telemetry));
    }

    public void Dispose()
    {
        _service.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_created_item_can_be_found()
    {
        using var client = _service.CreateClient();
        using var created = await client.PostAsJsonAsync("/items", new ItemRequest("one"), ItemsJson.Default.ItemRequest);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var item = await client.GetFromJsonAsync(created.Headers.Location, ItemsJson.Default.Item);
        Assert.Equal("one", item!.Name);
    }

    [Fact]
    public async Task An_item_without_a_name_is_refused()
    {
        using var client = _service.CreateClient();
        using var answer = await client.PostAsJsonAsync("/items", new ItemRequest(""), ItemsJson.Default.ItemRequest);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task A_creation_is_traced_counted_and_logged()
    {
        using var client = _service.CreateClient();
        var left = await _telemetry.Of(() => client.PostAsJsonAsync("/items", new ItemRequest("one"), ItemsJson.Default.ItemRequest));
        left.Trace.Should().HaveServer("POST /items").Containing("create item");
        left.Metric("items.created").Should().GrowBy(1);
        left.Logs.Should().Contain(LogLevel.Information, "Item {item_id} created");
        left.Should().Link();
    }
}
