using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace MonitoredItem.Tests;

public sealed class ItemsTests : IDisposable
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

    private readonly string _folder = Directory.CreateTempSubdirectory("items").FullName;
    private readonly WebApplicationFactory<Program> _service;

    public ItemsTests()
        => _service = new WebApplicationFactory<Program>().WithWebHostBuilder(host => host
            .UseSetting("Monitoring:LogFolder", _folder)
            .UseSetting("OTEL_SERVICE_NAME", "items"));

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
    public async Task A_creation_is_counted_and_logged_with_its_trace()
    {
        using var client = _service.CreateClient();
        client.DefaultRequestHeaders.Add("traceparent", $"00-{Trace}-00f067aa0ba902b7-01");
        using var created = await client.PostAsJsonAsync("/items", new ItemRequest("one"), ItemsJson.Default.ItemRequest);
        Assert.Contains("items_created_total", await client.GetStringAsync("/metrics"), StringComparison.Ordinal);

        await _service.DisposeAsync();
        var lines = (await File.ReadAllLinesAsync(Path.Combine(_folder, "items.log"))).Where(line => line.Contains(Trace, StringComparison.Ordinal));
        Assert.Equal(2, lines.Count());
    }
}
