using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace MonitoredApp.Inventory.Tests;

public sealed class StockTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("inventory").FullName;
    private readonly WebApplicationFactory<Program> _service;

    public StockTests()
        => _service = new WebApplicationFactory<Program>().WithWebHostBuilder(host => host
            .UseSetting("Monitoring:LogFolder", _folder));

    public void Dispose()
    {
        _service.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_stock_lists_every_article()
    {
        var stock = await _service.CreateClient().GetFromJsonAsync("/stock", StockJson.Default.StockList);
        Assert.Equal(["apple", "pear", "plum"], stock!.Items.Select(item => item.Sku));
    }

    [Fact]
    public async Task An_unknown_article_is_a_problem_not_an_empty_answer()
    {
        using var answer = await _service.CreateClient().GetAsync("/stock/stone");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }
}
