using MonitoredApp.Inventory;

if (args is [HealthProbe.Argument])
    return await HealthProbe.RunAsync();

var builder = WebApplication.CreateBuilder(args);
builder.AddMonitoring();
builder.AddInventory();

var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.MapMonitoring();
app.MapOpenApi();
app.MapStock();
await app.RunAsync();
return 0;
