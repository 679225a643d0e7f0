using Microsoft.Extensions.Options;

namespace MonitoredItem;

/// <summary>What the worker is made of.</summary>
internal static class WorkerRegistration
{
    public static WebApplicationBuilder AddWorker(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<WorkerOptions>().BindConfiguration(WorkerOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<WorkerOptions>, WorkerOptionsValidator>();
        builder.Services.AddSingleton<IWork, Work>();
        builder.Services.AddSingleton<WorkerMetrics>();
        builder.Services.AddSingleton<WorkerHealth>();
        builder.Services.AddHealthChecks().AddCheck<WorkerHealth>("worker");
        builder.Services.AddHostedService<Worker>();
        return builder;
    }
}
