using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace MicroMonitored.Instrumentation;

/// <summary>What the OpenTelemetry instrumentation of ASP.NET Core leaves out of the span of a failed request.</summary>
public static class RequestSpans
{
    private const string ErrorType = "error.type";
    private const string HttpRoute = "http.route";
    private const string Fault = "MicroMonitored.Fault";

    /// <summary>
    /// Keeps the exception for the request's log line, where a page such as Development's swallows it. For
    /// <c>EnrichWithException</c>.
    /// </summary>
    public static void Remember(Activity span, Exception fault) => span.SetCustomProperty(Fault, fault);

    /// <summary>
    /// Adds the exception that an exception handler swallowed, <c>error.type</c> of every answer of 500 and above, and the
    /// route where the framework's metric has one and the span has not. For <c>EnrichWithHttpResponse</c>.
    /// </summary>
    public static void Complete(Activity span, HttpResponse response)
    {
        var context = response.HttpContext;
        if (context.Features.Get<IExceptionHandlerFeature>()?.Error is { } fault && response.StatusCode >= StatusCodes.Status500InternalServerError)
        {
            if (!span.Events.Any(static occurred => occurred.Name == "exception"))
                span.AddException(fault);
            span.SetTag(ErrorType, fault.GetType().FullName);
            span.SetStatus(ActivityStatusCode.Error);
        }
        else if (response.StatusCode >= StatusCodes.Status500InternalServerError && span.GetTagItem(ErrorType) is null)
        {
            span.SetTag(ErrorType, response.StatusCode.ToString(CultureInfo.InvariantCulture));
        }

        if (span.GetTagItem(HttpRoute) is null && RouteOf(context) is { } route)
        {
            span.SetTag(HttpRoute, route);
            span.DisplayName = $"{span.GetTagItem("http.request.method")} {route}";
        }
    }

    /// <summary>The exception that ended the request and was swallowed by an exception handler or page.</summary>
    internal static Exception? FaultOf(HttpContext context)
        => context.Features.Get<IExceptionHandlerFeature>()?.Error ?? Activity.Current?.GetCustomProperty(Fault) as Exception;

    /// <summary>The route of the request as the metric <c>http.server.request.duration</c> names it; null when none matched.</summary>
    internal static string? RouteOf(HttpContext context)
    {
        var endpoint = context.GetEndpoint() ?? context.Items["__OriginalEndpoint"] as Endpoint;
        var route = endpoint?.Metadata.GetMetadata<IRouteDiagnosticsMetadata>()?.Route ?? (endpoint as RouteEndpoint)?.RoutePattern.RawText;
        return route is "" ? "/" : route;
    }
}
