using MonitoredApp.Orders;

if (args is [HealthProbe.Argument])
    return await HealthProbe.RunAsync();

var builder = WebApplication.CreateBuilder(args);
builder.AddMonitoring();
builder.AddOrders();

var app = builder.Build();
app.UseExceptionHandler(new ExceptionHandlerOptions
{
    StatusCodeSelector = fault => fault is StockUnavailableException ? 503 : 500,
});
app.UseStatusCodePages();
app.MapMonitoring();
app.MapOpenApi();
app.MapOrders();
await app.RunAsync();
return 0;
