using System.Net;

namespace MonitoredApp.Orders.Tests;

[Collection("one host at a time, because their instruments share names")]
public sealed class InventoryTests
{
    [Fact]
    public async Task Listing_orders_asks_the_inventory_exactly_once()
    {
        await using var service = new OrdersUnderTest();
        using var answer = await service.CreateClient().GetAsync("/orders");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(["/stock"], service.Inventory.Paths);
    }

    [Fact]
    public async Task An_inventory_that_fails_makes_the_service_unavailable()
    {
        await using var service = new OrdersUnderTest();
        service.Inventory.Status = HttpStatusCode.InternalServerError;
        using var answer = await service.CreateClient().GetAsync("/orders");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }
}
