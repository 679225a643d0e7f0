using System.Diagnostics;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;
using ZLogger;

namespace Bench.Servers;

/// <summary>One JSON line per request from other log libraries, and nothing else: the candidates for the log file.</summary>
internal static partial class RequestLogs
{
    public static void ZLogger(WebApplicationBuilder builder, string folder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddZLoggerFile(
            Path.Combine(folder, "zlogger.log"),
            static options => options.UseJsonFormatter());
    }

    public static void Serilog(WebApplicationBuilder builder, string folder)
        => builder.Services.AddSerilog(logs => logs
            .MinimumLevel.Override("Microsoft.AspNetCore", LogEventLevel.Warning)
            .WriteTo.File(new CompactJsonFormatter(), Path.Combine(folder, "serilog.log")));

    public static void MapSerilog(WebApplication app) => app.UseSerilogRequestLogging();

    public static void Map(WebApplication app)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Bench.Requests");
        app.Use(async (context, next) =>
        {
            var started = Stopwatch.GetTimestamp();
            await next(context);
            Answered(
                logger,
                context.Request.Method,
                context.Request.Path.Value,
                context.Response.StatusCode,
                Stopwatch.GetElapsedTime(started).TotalMilliseconds,
                Activity.Current?.TraceId.ToHexString(),
                Activity.Current?.SpanId.ToHexString());
        });
    }

    public static void MapPlain(WebApplication app)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Bench.Requests");
        app.Use(async (context, next) =>
        {
            var started = Stopwatch.GetTimestamp();
            await next(context);
            AnsweredPlainly(
                logger, context.Request.Method, context.Request.Path.Value, context.Response.StatusCode, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        });
    }

    [LoggerMessage(LogLevel.Information, "{method} {path} {status} in {duration} ms")]
    private static partial void AnsweredPlainly(Microsoft.Extensions.Logging.ILogger logger, string method, string? path, int status, double duration);

    [ZLoggerMessage(LogLevel.Information, "{method} {path} {status} in {duration} ms {trace_id} {span_id}")]
    private static partial void Answered(
        Microsoft.Extensions.Logging.ILogger logger, string method, string? path, int status, double duration, string? trace_id, string? span_id);
}
