using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using MicroMonitored.Testing;
using Microsoft.Data.Sqlite;

namespace MonitoredApp.Orders.Tests;

[Collection("one host at a time, because their instruments share names")]
public sealed class SqliteTests(TelemetryFixture telemetry) : IClassFixture<TelemetryFixture>
{
    [Fact]
    public async Task Each_statement_is_a_span_below_its_request()
    {
        await using var service = new OrdersUnderTest { Telemetry = telemetry };
        using var client = service.CreateClient();
        var placed = await telemetry.Of(() => client.PostAsJsonAsync("/orders", new OrderRequest("apple", 2), OrdersJson.Default.OrderRequest));
        placed.Trace.Should().HaveServer("POST /orders").Containing("INSERT orders").With("db.system.name", "sqlite")
            .With("db.query.text", "INSERT INTO orders (id, sku, quantity, placed_at) VALUES ($id, $sku, $quantity, $placed_at)");

        var found = await telemetry.Of(() => client.GetFromJsonAsync(placed.Answer.Headers.Location, OrdersJson.Default.Order));
        Assert.Equal(("apple", 2), (found.Answer!.Sku, found.Answer.Quantity));
        found.Trace.Should().HaveSpan("SELECT orders", kind: ActivityKind.Client).Once();
    }

    [Fact]
    public async Task A_statement_that_fails_is_told_by_its_span()
    {
        await using var service = new OrdersUnderTest { Telemetry = telemetry };
        using var client = service.CreateClient();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/orders")).StatusCode);
        await using (var database = new SqliteConnection($"Data Source={service.Database};Pooling=False"))
        {
            await database.OpenAsync();
            await using var drop = database.CreateCommand();
            drop.CommandText = "DROP TABLE orders";
            await drop.ExecuteNonQueryAsync();
        }

        var left = await telemetry.Of(() => client.GetAsync("/orders"));
        Assert.Equal(HttpStatusCode.InternalServerError, left.Answer.StatusCode);
        left.Trace.Should().HaveServer("GET /orders").Containing("SELECT orders")
            .Failing("Microsoft.Data.Sqlite.SqliteException").With("db.response.status_code", "1");
    }

    [Fact]
    public async Task A_database_that_cannot_be_opened_makes_the_service_not_ready()
    {
        await using var service = new OrdersUnderTest();
        using var client = service.CreateClient();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/ready")).StatusCode);
        File.Delete(service.Database);
        Directory.CreateDirectory(service.Database);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/health/ready")).StatusCode);
    }
}
