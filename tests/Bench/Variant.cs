using Bench.Servers;

namespace Bench;

/// <summary>One way to build the server under load.</summary>
/// <param name="Name">The word of the command line.</param>
/// <param name="Title">What the report calls it.</param>
/// <param name="Configure">What is added to the bare server's builder; receives the folder of the log file.</param>
/// <param name="Map">What is added to its pipeline, before the endpoint.</param>
public sealed record Variant(string Name, string Title, Action<WebApplicationBuilder, string> Configure, Action<WebApplication> Map)
{
    public const string Bare = "bare";

    /// <summary>Those compared when none is named.</summary>
    public static readonly IReadOnlyList<string> Default = [Bare, "silent", "ours", "aspire", "tutorial"];

    public static readonly IReadOnlyList<Variant> All =
    [
        new(Bare, "bare minimal API, as dotnet new web makes it", static (_, _) => { }, static _ => { }),
        new("silent", "the same without any logger", static (builder, _) => builder.Logging.ClearProviders(), static _ => { }),
        new("ours", "this template: metrics, logs, traces", Monitored.All, Monitored.Map),
        new("ours-logs", "this template: logs only", Monitored.Logs, Monitored.Map),
        new("ours-traces", "this template: traces only", Monitored.Traces, Monitored.Map),
        new("ours-metrics", "this template: metrics only", Monitored.Metrics, Monitored.Map),
        new("aspire", "Aspire's ServiceDefaults: metrics, logs, traces over OTLP", Aspire.Configure, Aspire.Map),
        new("tutorial", "usual tutorial: Serilog and OpenTelemetry at defaults", Tutorial.Configure, Tutorial.Map),
        new("zlogger", "ZLogger JSON request log only", RequestLogs.ZLogger, RequestLogs.Map),
        new("serilog", "Serilog JSON request log only", RequestLogs.Serilog, RequestLogs.MapSerilog),
    ];

    /// <exception cref="ArgumentException">There is no such variant.</exception>
    public static Variant Named(string name)
        => All.FirstOrDefault(variant => variant.Name == name) ?? throw new ArgumentException($"no variant is called {name}", nameof(name));
}
