namespace MicroMonitored.Embedded.Web;

/// <summary>The engine's own pages, on Grafana's port.</summary>
internal sealed class Pages(IServiceProvider services, EmbeddedOptions options, TimeProvider time)
{
    public Task AnswerAsync(HttpContext context, CancellationToken cancellation)
    {
        _ = (services, options, time, cancellation);
        return context.Request.Path == "/api/health"
            ? context.JsonAsync(200, static json =>
            {
                json.WriteStartObject();
                json.WriteString("commit", "embedded");
                json.WriteString("database", "ok");
                json.WriteString("version", Answers.Version);
                json.WriteEndObject();
            })
            : context.TextAsync(404, "Not found\n");
    }

    public static Task FailAsync(HttpContext context, Exception exception) => context.TextAsync(400, exception.Message);
}
