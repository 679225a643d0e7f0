using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MicroMonitored.Embedded.Web;

/// <summary>Makes answers.</summary>
internal static class Answers
{
    private static readonly AnswerJson Types =
        new(new JsonSerializerOptions(AnswerJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The engine's own version; it speaks the products' APIs and does not pretend to be one of their releases.</summary>
    public static string Version { get; } =
        typeof(Answers).Assembly.GetName().Version is { } version ? $"{version.ToString(3)}-micromonitored" : "micromonitored";

    /// <summary>Written piece by piece while it is serialized; <typeparamref name="T"/> is one of <see cref="AnswerJson"/>.</summary>
    public static IResult Json<T>(T value, int status = StatusCodes.Status200OK) =>
        new JsonAnswer<T>(value, (JsonTypeInfo<T>)Types.Options.GetTypeInfo(typeof(T)), status);

    public static IResult Success<T>(T data) => Json(new Success<T>(data));

    public static IResult Text(string text, int status = StatusCodes.Status200OK) =>
        TypedResults.Text(text, "text/plain; charset=utf-8", statusCode: status);

    private sealed class JsonAnswer<T>(T value, JsonTypeInfo<T> type, int status) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = "application/json";
            return JsonSerializer.SerializeAsync(httpContext.Response.BodyWriter, value, type, httpContext.RequestAborted);
        }
    }
}
