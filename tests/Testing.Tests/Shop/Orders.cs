using System.Diagnostics;

namespace Shop;

/// <summary>What a client asks for.</summary>
public sealed record Order(string Sku, int Quantity);

internal static class Orders
{
    public static void Map(WebApplication app, string defect)
    {
        app.MapGet("/fault", () => defect == "exception swallowed" ? Results.StatusCode(500) : throw new InvalidOperationException("A fault, asked for."));
        if (defect == "route lost")
        {
            // Middleware knows no routes.
            app.Use(async (context, next) =>
            {
                if (context.Request.Path == "/orders")
                    await context.Response.WriteAsJsonAsync(await context.Request.ReadFromJsonAsync<Order>());
                else
                    await next();
            });
        }
        else
        {
            app.MapPost("/orders", PlaceAsync);
        }
    }

    private static async Task<IResult> PlaceAsync(
        Order order, HttpContext context, IHttpClientFactory clients, Instruments instruments, Defect defect, ILogger<Order> logger)
    {
        if (defect.Name == "secret in a span")
            Activity.Current?.SetTag("url.query", $"token={context.Request.Headers["X-Token"]}");
        using (var span = Instruments.Spans.StartActivity(defect.Name == "span renamed" ? "place" : "place order"))
        {
            if (defect.Name != "attribute lost")
                span?.SetTag("order.sku", order.Sku);
            await AskAsync(clients.CreateClient("inventory"), defect.Name, order.Sku);
        }

        var id = Guid.CreateVersion7().ToString("N");
        instruments.Placed(order.Sku, id);
        Log(logger, defect.Name, id, context.Request.Headers["X-Token"].ToString());
        return Results.Created($"/orders/{id}", order);
    }

    private static async Task AskAsync(HttpClient client, string defect, string sku)
    {
        var around = Activity.Current;
        if (defect == "callee not called")
            return;
        if (defect == "wrong parent")
            Activity.Current = new Activity("never exported").SetParentId(around!.TraceId, around.SpanId, ActivityTraceFlags.Recorded).Start();
        try
        {
            using var answer = await client.GetAsync(defect == "other route called" ? $"/stock/{sku}" : "/stock");
            if (defect == "called twice")
                (await client.GetAsync("/stock")).Dispose();
        }
        catch (HttpRequestException)
        {
            // Placed all the same.
        }
        finally
        {
            Activity.Current = around;
        }
    }

    private static void Log(ILogger logger, string defect, string id, string token)
    {
        switch (defect)
        {
            case "line lost":
                break;
            case "level lowered":
                logger.LogWarning("Order {order_id} placed", id);
                break;
            case "field renamed":
                logger.LogInformation("Order {orderId} placed", id);
                break;
            case "secret in a line":
                logger.LogInformation("Order {order_id} placed by {token}", id, token);
                break;
            case "line without trace id":
                Activity.Current = null;
                logger.LogInformation("Order {order_id} placed", id);
                break;
            default:
                logger.LogInformation("Order {order_id} placed", id);
                break;
        }
    }
}
