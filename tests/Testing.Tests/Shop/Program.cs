using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Shop;

var builder = WebApplication.CreateBuilder(args);
var defect = builder.Configuration["Defect"] ?? "";
var role = builder.Configuration["Role"] ?? "orders";
if (defect == "traceparent ignored" && role == "inventory")
{
    builder.Services.AddSingleton<DistributedContextPropagator>(new Deaf());
    Sdk.SetDefaultTextMapPropagator(new CompositeTextMapPropagator([]));
}

builder.Logging.AddOpenTelemetry(logs => logs.IncludeFormattedMessage = true);
builder.Services.AddOpenTelemetry()
    .ConfigureResource(resource => resource.AddService($"shop-{role}"))
    .WithLogging()
    .WithMetrics(metrics =>
    {
        metrics.AddAspNetCoreInstrumentation();
        if (defect != "meter not collected")
            metrics.AddMeter("Shop");
        if (defect == "exemplars off")
            metrics.SetExemplarFilter(ExemplarFilterType.AlwaysOff);
    })
    .WithTracing(traces =>
    {
        traces.AddAspNetCoreInstrumentation(spans => spans.RecordException = true).AddHttpClientInstrumentation();
        if (defect != "source not collected")
            traces.AddSource("Shop");
        if (defect == "callee silent" && role == "inventory")
            traces.SetSampler(new AlwaysOffSampler());
    })
    .UseOtlpExporter();
builder.Services.AddSingleton(new Defect(defect));
builder.Services.AddSingleton<Instruments>();
builder.Services.AddHttpClient("inventory", client => client.BaseAddress = new Uri(builder.Configuration["Inventory"] ?? "http://127.0.0.1:9"))
    .ConfigurePrimaryHttpMessageHandler(() => defect == "client not instrumented"
        ? new SocketsHttpHandler { ActivityHeadersPropagator = null } : new SocketsHttpHandler());

var app = builder.Build();
if (role == "inventory")
    Inventory.Map(app, defect);
else
    Orders.Map(app, defect);
await app.RunAsync();
