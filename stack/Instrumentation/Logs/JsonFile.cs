using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using MicroMonitored.Instrumentation.Logs;
using OpenTelemetry.Logs;

namespace MicroMonitored.Instrumentation;

/// <summary>The log file of a service.</summary>
public static class JsonFile
{
    /// <summary>The meter that counts lines written and dropped: <c>log.lines.written</c>, <c>log.lines.dropped</c> by <c>reason</c>.</summary>
    public const string MeterName = "MicroMonitored.Instrumentation";

    /// <summary>
    /// Writes every log record as one JSON object per line into <c>&lt;folder&gt;/&lt;service&gt;.log</c>, see
    /// <see cref="JsonFileOptions"/>. Logging never waits for the disk; what does not fit the queue is dropped and counted.
    /// </summary>
    public static LoggerProviderBuilder AddJsonFile(this LoggerProviderBuilder logging)
    {
        logging.ConfigureServices(static services =>
        {
            services.AddMetrics();
            services.AddOptions<JsonFileOptions>().BindConfiguration(JsonFileOptions.Section);
            services.AddSingleton<IValidateOptions<JsonFileOptions>, JsonFileOptionsValidator>();
            services.AddHostedService<LogFlush>();
        });
        return logging.AddProcessor(static services =>
        {
            var host = services.GetRequiredService<IHostEnvironment>();
            var options = services.GetRequiredService<IOptions<JsonFileOptions>>().Value;
            var service = ServiceName.Of(services.GetRequiredService<IConfiguration>(), host);
            var file = new LogFile(Path.GetFullPath(options.LogFolder, host.ContentRootPath), service, options, Console.Error);
            return new JsonFileProcessor(service, file, services.GetRequiredService<IMeterFactory>());
        });
    }
}
