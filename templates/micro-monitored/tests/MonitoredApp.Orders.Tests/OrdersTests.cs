using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Hosting;

namespace MonitoredApp.Orders.Tests;

[Collection("one host at a time, because their instruments share names")]
public sealed class OrdersTests
{
    [Fact]
    public async Task An_order_in_stock_is_created_and_can_be_found()
    {
        await using var service = new OrdersUnderTest();
        using var created = await service.CreateClient().PostAsJsonAsync("/orders", new OrderRequest("apple", 2), OrdersJson.Default.OrderRequest);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var order = await service.CreateClient().GetFromJsonAsync(created.Headers.Location, OrdersJson.Default.Order);
        Assert.Equal(("apple", 2), (order!.Sku, order.Quantity));
    }

    [Fact]
    public async Task More_than_the_stock_is_a_conflict()
    {
        await using var service = new OrdersUnderTest();
        using var answer = await service.CreateClient().PostAsJsonAsync("/orders", new OrderRequest("apple", 999), OrdersJson.Default.OrderRequest);
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("apple", 0)]
    [InlineData("apple", 1001)]
    public async Task An_invalid_order_is_refused_before_anything_is_asked(string sku, int quantity)
    {
        await using var service = new OrdersUnderTest();
        using var answer = await service.CreateClient().PostAsJsonAsync("/orders", new OrderRequest(sku, quantity), OrdersJson.Default.OrderRequest);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Empty(service.Inventory.Paths);
    }

    [Theory]
    [InlineData("Development", HttpStatusCode.OK)]
    [InlineData("Production", HttpStatusCode.NotFound)]
    public async Task The_service_describes_itself_in_Development_only(string environment, HttpStatusCode expected)
    {
        await using var service = new OrdersUnderTest();
        await using var there = service.WithWebHostBuilder(host => host.UseEnvironment(environment));
        using var answer = await there.CreateClient().GetAsync("/openapi/v1.json");
        Assert.Equal(expected, answer.StatusCode);
    }
}
