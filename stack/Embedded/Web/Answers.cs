using System.Text.Encodings.Web;
using System.Text.Json;

namespace MicroMonitored.Embedded.Web;

/// <summary>Writes answers.</summary>
internal static class Answers
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static async Task JsonAsync(this HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await using (var json = new Utf8JsonWriter(context.Response.BodyWriter, Options))
            write(json);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    public static Task TextAsync(this HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    /// <summary>Refuses a method; <paramref name="allowed"/> is the answer's <c>Allow</c> header.</summary>
    public static Task MethodNotAllowedAsync(this HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return context.TextAsync(405, "Method Not Allowed\n");
    }

    public static Task BuildInfoAsync(this HttpContext context, bool enveloped) => context.JsonAsync(200, json =>
    {
        json.WriteStartObject();
        if (enveloped)
        {
            json.WriteString("status", "success");
            json.WriteStartObject("data");
        }

        json.WriteString("version", Version);
        json.WriteString("revision", "embedded");
        json.WriteString("branch", "");
        json.WriteString("buildUser", "");
        json.WriteString("buildDate", "");
        json.WriteString("goVersion", "");
        if (enveloped)
            json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>The engine's own version; it speaks the products' APIs and does not pretend to be one of their releases.</summary>
    public static string Version { get; } = typeof(Answers).Assembly.GetName().Version is { } version ? $"{version.ToString(3)}-micromonitored" : "micromonitored";
}
