using MonitoredApp.Inventory;

if (args is [HealthProbe.Argument])
    return await HealthProbe.RunAsync();

var builder = WebApplication.CreateBuilder(args);
builder.AddMonitoring();
builder.Services.AddProblemDetails();
builder.Services.AddOpenApi();
builder.AddStock();

var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();
if (app.Environment.IsDevelopment())
    app.MapOpenApi();
app.MapMonitoring();
app.MapStock();
await app.RunAsync();
return 0;
