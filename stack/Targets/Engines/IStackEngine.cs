using MicroMonitored.Model.Components;
using MicroMonitored.Model.Services;
using MicroMonitored.Verification;

namespace MicroMonitored.Targets.Engines;

/// <summary>Runs the stack and the services: in containers or as processes of the host.</summary>
internal interface IStackEngine
{
    /// <summary>What it is called and what a stack can do on it.</summary>
    StackEngine Kind { get; }

    /// <summary>Its name on the command line and in reports.</summary>
    string Name => Kind.Name;

    /// <summary>What keeps this engine from running here, each with the fix; empty when it can run.</summary>
    IReadOnlyList<string> Obstacles();

    /// <summary>Starts what is not running yet and waits until all of it is ready.</summary>
    /// <param name="timeout">How long it waits before what is not ready counts as failed.</param>
    /// <param name="choice">What becomes of the services; null starts all.</param>
    /// <exception cref="MicroMonitored.Model.FaultException">Something is in the way; nothing has been started.</exception>
    Task<IReadOnlyList<ComponentStatus>> UpAsync(TimeSpan timeout, CancellationToken cancellation, ServiceChoice? choice = null);

    /// <summary>What runs now; quick, also when nothing does.</summary>
    Task<IReadOnlyList<ComponentStatus>> StatusAsync(CancellationToken cancellation);

    /// <summary>Prints the last lines of a component's or service's log, or of all.</summary>
    Task LogsAsync(string? component, int lines, bool follow, CancellationToken cancellation);

    /// <summary>Stops and removes everything; data only with <paramref name="purge"/>.</summary>
    /// <returns>What was stopped or removed, for the report.</returns>
    Task<IReadOnlyList<string>> TeardownAsync(bool purge, CancellationToken cancellation);

    /// <summary>Whether there is nothing that <see cref="TeardownAsync"/> would have to stop or remove; false where nobody can tell.</summary>
    bool LeavesNothing();

    /// <summary>Writes the synthetic log file of Verify.</summary>
    ILogProbe LogProbe { get; }

    /// <summary>How the stack finds and reaches this process, which is scraped as the canary or Verify is.</summary>
    /// <param name="name"><c>canary</c> or <c>verify</c>.</param>
    /// <param name="port">The port asked for; 0 takes a free one.</param>
    Exposure Expose(string name, int port = 0);
}

/// <summary>One line of <c>Status</c>.</summary>
/// <param name="State"><c>ready</c>, <c>starting</c>, <c>down</c>, <see cref="ByHand"/> or what the engine says of it.</param>
/// <param name="Id">Process id or container name.</param>
/// <param name="Seconds">Time from start to ready in this run of <c>Up</c>; null where it was not started.</param>
internal sealed record ComponentStatus(string Name, string Kind, string State, string? Id, int? Port, Uri? Url, double? Seconds = null)
{
    /// <summary>The state of a service that answers and was not started by <c>Up</c>.</summary>
    public const string ByHand = "by hand";
}

/// <summary>How a service reaches the stack and the others; the same for both engines.</summary>
internal static class ServiceEnvironment
{
    /// <summary>What the variables begin with that tell where another service is.</summary>
    public const string PeerPrefix = "Services__";

    /// <summary>The environment variables of one service.</summary>
    /// <param name="listen">The address it listens on (<c>ASPNETCORE_URLS</c>).</param>
    /// <param name="otlp">Where it sends spans, OTLP over HTTP: over gRPC the exporter gives up at once where a name is unknown or a connection is cut.</param>
    /// <param name="logFolder">Where it writes its log file.</param>
    /// <param name="addressOf">The base address of another service.</param>
    public static IReadOnlyDictionary<string, string> Of(
        DiscoveredService service, IReadOnlyList<DiscoveredService> all, double sampling, string listen, string otlp, string logFolder,
        Func<DiscoveredService, string> addressOf)
    {
        var variables = new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = listen,
            ["OTEL_SERVICE_NAME"] = service.Name,
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = otlp,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio",
            ["OTEL_TRACES_SAMPLER_ARG"] = sampling.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["OTEL_BSP_SCHEDULE_DELAY"] = "500",
            ["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory",
            ["Monitoring__LogFolder"] = logFolder,
        };
        if (service.FaultPath is { } fault)
            variables["Monitoring__FaultRoute"] = fault;
        foreach (var other in all)
            variables[$"{PeerPrefix}{other.Name}__http__0"] = addressOf(other);
        return variables;
    }
}
