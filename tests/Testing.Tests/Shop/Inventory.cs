namespace Shop;

internal static class Inventory
{
    public static void Map(WebApplication app, string defect)
    {
        app.MapGet("/stock", () => defect == "callee failing" ? throw new InvalidOperationException("The stock is being counted.") : Results.Ok(120));
        app.MapGet("/stock/{sku}", (string sku) => Results.Ok(sku.Length));
    }
}
