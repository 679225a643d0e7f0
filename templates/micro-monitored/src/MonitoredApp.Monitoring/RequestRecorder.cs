using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Monitoring;

/// <summary>
/// Outermost in the pipeline: when a request ends, describes its span and writes its one log line, both with what the
/// client really got. Requests that only watch the service leave neither.
/// </summary>
internal sealed class RequestRecorder(ILoggerFactory loggers) : IStartupFilter
{
    private static readonly ConcurrentDictionary<(string Method, string Route), string> SpanNames = new();

    private static readonly object[] StatusCodeValues = [.. Enumerable.Range(0, 600).Select(status => (object)status)];

    private readonly ILogger logger = loggers.CreateLogger("Monitoring.Requests");

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(following => context =>
        {
            if (!OwnEndpoints.Contains(context.Request.Path.Value))
                return RecordAsync(context, following);
            LeaveOutOfTheTraces(Activity.Current);
            return following(context);
        });
        next(app);
    };

    private static void LeaveOutOfTheTraces(Activity? span)
    {
        if (span is null)
            return;
        span.IsAllDataRequested = false;
        span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }

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
            Write(context, started, Ended(context, failed: true));
            throw;
        }

        if (!answer.IsCompletedSuccessfully)
            return AwaitAsync(answer, context, started);
        Write(context, started, context.Response.StatusCode);
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
            Write(context, started, Ended(context, failed));
        }
    }

    // To ask for the abortion costs a token source per request, so it is not asked where nothing was waited for.
    private static int Ended(HttpContext context, bool failed)
        => context.RequestAborted.IsCancellationRequested ? StatusCodes.Status499ClientClosedRequest
            : failed && !context.Response.HasStarted ? StatusCodes.Status500InternalServerError
            : context.Response.StatusCode;

    private void Write(HttpContext context, long started, int status)
    {
        var method = KnownMethod(context.Request.Method);
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        if (Activity.Current is { IsAllDataRequested: true, Kind: ActivityKind.Server } span)
            Describe(span, context.Request, method, route, status);
        if (!logger.IsEnabled(LogLevel.Information))
            return;
        var line = new RequestLine(
            method, context.Request.Path.ToUriComponent(), route, status, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        logger.Log(LogLevel.Information, default, line, null, static (line, _) => line.ToString());
    }

    /// <summary>The attributes that the semantic conventions require, without the query.</summary>
    private static void Describe(Activity span, HttpRequest request, string method, string? route, int status)
    {
        span.SetTag("http.request.method", method);
        span.SetTag("url.scheme", request.Scheme);
        span.SetTag("url.path", request.Path.Value);
        span.SetTag("http.response.status_code", StatusCodeValues[Math.Clamp(status, 0, StatusCodeValues.Length - 1)]);
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
