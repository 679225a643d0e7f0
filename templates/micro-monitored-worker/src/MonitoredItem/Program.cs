using MonitoredItem;

if (args is [HealthProbe.Argument])
    return await HealthProbe.RunAsync();

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddMonitoring();
builder.AddWorker();

var app = builder.Build();
app.MapMonitoring();
await app.RunAsync();
return 0;
