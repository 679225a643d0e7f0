using MonitoredItem;

if (args is [HealthProbe.Argument])
    return await HealthProbe.RunAsync();

var builder = WebApplication.CreateBuilder(args);
builder.AddMonitoring();
builder.AddItems();

var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.MapMonitoring();
app.MapOpenApi();
app.MapItems();
await app.RunAsync();
return 0;
