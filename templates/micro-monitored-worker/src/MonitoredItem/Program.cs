using MonitoredItem;

if (args is [HealthProbe.Argument])
    return await HealthProbe.RunAsync();

var builder = Host.CreateApplicationBuilder(args);
builder.AddMonitoring();
builder.AddWorker();
await builder.Build().RunAsync();
return 0;
