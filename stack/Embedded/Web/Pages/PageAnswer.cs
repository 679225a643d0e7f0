using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using MicroMonitored.Embedded.Query;
using Microsoft.Net.Http.Headers;
using RazorSlices;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>Answers with a page, or with what one loads; nothing may be loaded from elsewhere, and no page may be framed.</summary>
internal static class PageAnswer
{
    private const string EventStream = "text/event-stream";

    // A browser keeps few connections to one host; more open pages than these are no person's.
    private const int LivePages = 64;

    private const string Policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);
    private static int _live;

    /// <summary>Whether a page's changes are asked for, instead of the page.</summary>
    public static bool IsLive(HttpRequest request) => request.Headers.Accept.ToString().StartsWith(EventStream, StringComparison.Ordinal);

    /// <summary>The whole page; for <c>Accept: text/event-stream</c> its inside again and again, as it changes.</summary>
    public static async Task WriteAsync(HttpContext context, Func<CancellationToken, Page> page)
    {
        var cancellation = context.RequestAborted;
        if (IsLive(context.Request))
        {
            await FollowAsync(context, page, cancellation);
            return;
        }

        var answer = await RenderAsync(new Web_Pages_Layout { Model = page(cancellation) }, cancellation);
        Secure(context.Response, "text/html; charset=utf-8", "no-store");
        await context.Response.WriteAsync(answer, cancellation);
    }

    /// <summary>An embedded style or script.</summary>
    public static async Task WriteAssetAsync(HttpContext context, string name, string type)
    {
        var packed = name.EndsWith(".gz", StringComparison.Ordinal);
        await using var asset = typeof(PageAnswer).Assembly.GetManifestResourceStream(name)!;
        Secure(context.Response, type + "; charset=utf-8", packed ? "public, max-age=86400" : "no-cache");
        context.Response.Headers.Vary = HeaderNames.AcceptEncoding;
        if (packed && !context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
        {
            await using var unpacked = new GZipStream(asset, CompressionMode.Decompress);
            await unpacked.CopyToAsync(context.Response.Body, context.RequestAborted);
            return;
        }

        if (packed)
            context.Response.Headers.ContentEncoding = "gzip";
        context.Response.ContentLength = asset.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await asset.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    public static void Secure(HttpResponse response, string type, string caching)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = caching;
        response.ContentType = type;
    }

    private static async Task<string> RenderAsync(RazorSlice slice, CancellationToken cancellation)
    {
        using (slice)
            return await slice.RenderAsync(Encoder, cancellation);
    }

    private static async Task FollowAsync(HttpContext context, Func<CancellationToken, Page> page, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _live) > LivePages)
        {
            Interlocked.Decrement(ref _live);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        try
        {
            Secure(context.Response, EventStream, "no-store");
            var shown = "";
            while (!cancellation.IsCancellationRequested)
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                limit.CancelAfter(QueryLimits.Time);
                var (markup, refresh) = await InsideAsync(page, limit.Token);
                await context.Response.WriteAsync(markup == shown ? ": unchanged\n\n" : markup, cancellation);
                await context.Response.Body.FlushAsync(cancellation);
                shown = markup;
                await Task.Delay(TimeSpan.FromSeconds(Math.Max(1, refresh)), cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The page was closed, or the engine stops; after a render that took too long the browser asks again.
        }
        finally
        {
            Interlocked.Decrement(ref _live);
        }
    }

    // An event with the page's inside, or one of the kind "fault" with the reason that there is none.
    private static async Task<(string Event, int Refresh)> InsideAsync(Func<CancellationToken, Page> page, CancellationToken cancellation)
    {
        try
        {
            var current = page(cancellation);
            return (Event(await RenderAsync(current.Body, cancellation)), current.Request.Refresh);
        }
        catch (Exception exception) when (ProductApi.IsAnswerable(exception) && exception is not OperationCanceledException)
        {
            return ("event: fault\n" + Event(exception.Message), 5);
        }

        static string Event(string text) => string.Concat(text.Split('\n').Select(static line => $"data: {line.TrimEnd('\r')}\n")) + "\n";
    }
}
