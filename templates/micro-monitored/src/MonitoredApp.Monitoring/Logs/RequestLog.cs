using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace MonitoredApp.Monitoring.Logs;

/// <summary>Outermost in the pipeline: writes one line per request, with what the client really got.</summary>
internal sealed class RequestLog(ILoggerFactory loggers) : IStartupFilter
{
    private readonly ILogger logger = loggers.CreateLogger("MonitoredApp.Requests");

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(following => context => OwnEndpoints.Contains(context.Request.Path.Value)
            ? following(context)
            : LogAsync(context, following));
        next(app);
    };

    private Task LogAsync(HttpContext context, RequestDelegate following)
    {
        var started = Stopwatch.GetTimestamp();
        Task answer;
        try
        {
            answer = following(context);
        }
        catch
        {
            Write(context, started, failed: true);
            throw;
        }

        if (!answer.IsCompletedSuccessfully)
            return AwaitAsync(answer, context, started);
        Write(context, started, failed: false);
        return Task.CompletedTask;
    }

    private async Task AwaitAsync(Task answer, HttpContext context, long started)
    {
        var failed = true;
        try
        {
            await answer;
            failed = false;
        }
        finally
        {
            Write(context, started, failed);
        }
    }

    private void Write(HttpContext context, long started, bool failed)
    {
        var status = context.RequestAborted.IsCancellationRequested ? StatusCodes.Status499ClientClosedRequest
            : failed && !context.Response.HasStarted ? StatusCodes.Status500InternalServerError
            : context.Response.StatusCode;
        var line = new RequestLine(
            context.Request.Method,
            context.Request.Path.ToUriComponent(),
            (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText,
            status,
            Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        logger.Log(LogLevel.Information, default, line, null, static (line, _) => line.ToString());
    }
}
