using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using MonitoredApp.Monitoring.Logs;

namespace MonitoredApp.Monitoring;

/// <summary>
/// Outermost in the pipeline: when a request ends, names its span by its route and writes its one log line, both with
/// what the client really got.
/// </summary>
internal sealed class RequestRecorder(ILoggerFactory loggers) : IStartupFilter
{
    private static readonly ConcurrentDictionary<(string Method, string Route), string> SpanNames = new();

    private readonly ILogger logger = loggers.CreateLogger("MonitoredApp.Requests");

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(following => context => OwnEndpoints.Contains(context.Request.Path.Value)
            ? following(context)
            : RecordAsync(context, following));
        next(app);
    };

    private Task RecordAsync(HttpContext context, RequestDelegate following)
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
        var method = KnownMethod(context.Request.Method);
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        if (Activity.Current is { IsAllDataRequested: true, Kind: ActivityKind.Server } span)
            Describe(span, method, route, status);
        var line = new RequestLine(
            method, context.Request.Path.ToUriComponent(), route, status, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        logger.Log(LogLevel.Information, default, line, null, static (line, _) => line.ToString());
    }

    private static void Describe(Activity span, string method, string? route, int status)
    {
        span.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError)
            span.SetStatus(ActivityStatusCode.Error);
        span.DisplayName = method;
        if (route is null)
            return;
        span.SetTag("http.route", route);
        span.DisplayName = SpanNames.GetOrAdd((method, route), static key => $"{key.Method} {key.Route}");
    }

    /// <summary>Clients may send any word as a method; only the known ones may name things.</summary>
    private static string KnownMethod(string method) => method switch
    {
        "GET" or "HEAD" or "POST" or "PUT" or "DELETE" or "CONNECT" or "OPTIONS" or "TRACE" or "PATCH" or "QUERY" => method,
        _ => "HTTP",
    };
}
