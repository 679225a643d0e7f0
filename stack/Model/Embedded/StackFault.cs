using MicroMonitored.Model.Services;

namespace MicroMonitored.Model.Embedded;

/// <summary>Something that can be broken on purpose in a stack of the embedded engine, so that one sees Verify find it.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Description">What is broken then.</param>
public sealed record StackFault(string Name, string Description)
{
    /// <summary>The variable that lets an assembly run before a .NET program does; the engine's own breaks the program it is loaded into.</summary>
    public const string HookVariable = "DOTNET_STARTUP_HOOKS";

    /// <summary>The variable that names the file with the name of the fault, read anew while the program runs; a file that is missing breaks nothing.</summary>
    public const string FileVariable = "MICROMONITORED_FAULT_FILE";

    /// <summary>The variables that one service is started with; none where the hook does all of it.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; private init; } = new Dictionary<string, string>();

    /// <summary>Whether a service is not running at all.</summary>
    public bool Stops { get; private init; }

    /// <summary>Every fault.</summary>
    public static IReadOnlyList<StackFault> All { get; } =
    [
        new("service-down", "a service that others call does not run") { Stops = true },
        new("service-not-ready", "a service says that it is not ready"),
        new("probe-fails", "the probe route of a service answers 500"),
        new("metrics-error", "/metrics of a service answers 500"),
        new("metrics-hang", "/metrics of a service does not answer"),
        new("metrics-huge", "/metrics of a service answers 100 MB"),
        new("metric-renamed", "the request counter of a service bears another name"),
        new("request-uncounted", "a service does not count one of its requests"),
        new("request-counted-twice", "a service counts one of its requests twice"),
        new("runtime-metrics-off", "a service shows no metrics of the .NET runtime"),
        new("exemplars-off", "a service shows no exemplars"),
        new("exemplars-astray", "the exemplars of a service name spans that nobody has"),
        With("lines-elsewhere", "a service writes its log file into another folder", ("Monitoring__LogFolder", "/tmp/micromonitored-elsewhere")),
        With("lines-off", "a service writes no log line", ("Logging__LogLevel__MicroMonitored.Requests", "None")),
        new("line-lost", "a service loses one log line"),
        new("line-doubled", "a service writes one log line twice"),
        new("lines-reordered", "a service writes one log line too late"),
        new("line-ids-missing", "the log lines of a service bear no trace id"),
        new("health-logged", "a service logs the requests that ask for its health"),
        new("health-traced", "a service records spans of the requests that ask for its health"),
        With("spans-off", "a service exports no spans", ("OTEL_TRACES_EXPORTER", "none")),
        With("otlp-wrong-port", "a service exports to a port where nobody listens", ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")),
        With("otlp-wrong-protocol", "a service exports OTLP over gRPC to the port of HTTP", ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")),
        With("spans-overflow", "a service whose queue is small exports to a port where nobody listens", ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "1"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")),
        new("traceparent-stripped", "a service does not pass the trace on to those that it calls"),
        new("fault-answers", "the route that must fail answers 200"),
        new("exception-swallowed", "the route that must fail answers 500 and records no exception"),
        new("secret-logged", "a service logs the query of a request"),
        new("secret-traced", "a service records the query of a request in its span"),
        new("secret-exposed", "a service shows the query of a request on /metrics"),
        new("secret-printed", "a service prints the query of a request"),
        new("secret-thrown", "a service records an exception whose text tells the query of a request"),
        new("metric-store-not-ready", "the metric store says that it is not ready"),
        new("metric-store-down", "the metric store answers no query"),
        new("log-store-down", "the log store takes and answers nothing"),
        new("trace-store-down", "the trace store answers no query"),
        new("otlp-grpc-down", "nothing is taken over OTLP/gRPC"),
        new("otlp-http-down", "nothing is taken over OTLP/HTTP"),
        new("otlp-metrics-refused", "metrics are not taken over OTLP"),
        new("otlp-logs-refused", "log lines are not taken over OTLP"),
        new("push-refused", "the log store refuses pushed lines (429)"),
        new("zipkin-down", "no Zipkin spans are taken"),
        new("jaeger-down", "no Jaeger spans are taken"),
        new("otlp-changed", "spans of OTLP/gRPC come back changed"),
        new("otlp-http-changed", "spans of OTLP/HTTP come back changed"),
        new("zipkin-changed", "spans of Zipkin come back changed"),
        new("jaeger-changed", "spans of Jaeger come back changed"),
        new("search-empty", "the trace store finds nothing by search"),
        new("stored-line-lost", "the log store has lost one line"),
        new("stored-line-doubled", "the log store has one line twice"),
        new("stored-lines-reordered", "the log store has two lines in the wrong order"),
        new("timestamp-changed", "the log store has lines under another time than their own"),
        new("trace-id-as-label", "the trace id is a label of the log lines"),
        new("metadata-missing", "log lines bear no structured metadata"),
        new("drops", "the engine counts a dropped line"),
        new("service-graph-off", "the metric store has no edge between two services"),
        new("page-down", "the pages say that they are not well"),
    ];

    /// <summary>The service that it is about: one that calls another, or the one that is called where it is stopped; null where there is no service.</summary>
    /// <param name="services">The services of the stack.</param>
    public DiscoveredService? Victim(IReadOnlyList<DiscoveredService> services)
    {
        var caller = services.FirstOrDefault(service => service.Calls.Count > 0) ?? services.FirstOrDefault(service => service.ProbePath is not null);
        return Stops && services.FirstOrDefault(service => caller?.Calls.Contains(service.Name) == true) is { } callee ? callee : caller;
    }

    private static StackFault With(string name, string description, params (string Name, string Value)[] variables)
        => new(name, description) { Variables = variables.ToDictionary(variable => variable.Name, variable => variable.Value) };
}
