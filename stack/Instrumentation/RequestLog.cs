using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MicroMonitored.Instrumentation;

/// <summary>One log line for each request that ended, with what the client really got.</summary>
public static class RequestLog
{
    /// <summary>The category of the lines: <c>Logging:LogLevel:MicroMonitored.Requests</c> quietens them.</summary>
    public const string Category = "MicroMonitored.Requests";

    /// <summary>
    /// Logs each request when it ends, outermost in the pipeline and with its exception, if there was one: at Error when
    /// the answer is 500 or above or broke off, else at Information. The query is left out, for it may carry secrets.
    /// </summary>
    public static IServiceCollection AddRequestLog(this IServiceCollection services)
    {
        // First, so that also what other filters refuse, such as a foreign host name, is logged.
        services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter, Filter>());
        return services;
    }

    private sealed class Filter(ILoggerFactory loggers) : IStartupFilter
    {
        private readonly ILogger _logger = loggers.CreateLogger(Category);

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(following => context => context.IsObservation() ? following(context) : LogAsync(context, following));
            next(app);
        };

        private async Task LogAsync(HttpContext context, RequestDelegate following)
        {
            var started = Stopwatch.GetTimestamp();
            Exception? thrown = null;
            try
            {
                await following(context).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                thrown = fault;
                throw;
            }
            finally
            {
                Write(context, Stopwatch.GetElapsedTime(started), thrown);
            }
        }

        private void Write(HttpContext context, TimeSpan took, Exception? thrown)
        {
            var status = StatusOf(context, thrown);
            var failed = status >= StatusCodes.Status500InternalServerError || (thrown is not null && status < StatusCodes.Status400BadRequest);
            var level = failed ? LogLevel.Error : LogLevel.Information;
            if (!_logger.IsEnabled(level))
                return;
            var path = (context.Request.PathBase + context.Request.Path).ToString();
            var line = new RequestLine(context.Request.Method, path, RequestSpans.RouteOf(context), status, took.TotalMilliseconds);
            var fault = status == StatusCodes.Status499ClientClosedRequest ? null : thrown ?? RequestSpans.FaultOf(context);
            // The console prints it, too.
            _logger.Log(level, default, line, fault is null ? null : Redaction.Of(fault) ?? fault, static (line, _) => line.ToString());
        }

        private static int StatusOf(HttpContext context, Exception? thrown)
            => thrown is null ? context.Response.StatusCode
                : thrown is OperationCanceledException && context.RequestAborted.IsCancellationRequested ? StatusCodes.Status499ClientClosedRequest
                : thrown is BadHttpRequestException bad ? bad.StatusCode
                : context.Response.HasStarted ? context.Response.StatusCode
                : StatusCodes.Status500InternalServerError;
    }
}
