using MicroMonitored.Model.Settings;

namespace MicroMonitored.Model.Components;

/// <summary>What a stack can do on the engine it runs on; a check applies because of these, never because of a name.</summary>
[Flags]
public enum Capabilities
{
    /// <summary>Metrics, logs and traces, received, stored and queried: what each engine can do.</summary>
    None = 0,

    /// <summary>The shipped dashboards are shown, each panel with what its queries answer.</summary>
    Dashboards = 1,

    /// <summary>Recording and alert rules are evaluated.</summary>
    Rules = 2,

    /// <summary>Service graph and span metrics are made of traces.</summary>
    MetricsGenerator = 4,

    /// <summary>Each component runs in a container of its own, from the image that the settings name.</summary>
    Containers = 8,

    /// <summary>The OTLP receivers take metrics and logs, too.</summary>
    OtlpOfEverySignal = 16,
}

/// <summary>One of the ways to run the stack.</summary>
/// <param name="Name">Its name on the command line and in reports.</param>
/// <param name="Choice">The setting that asks for it.</param>
/// <param name="Capabilities">What a stack can do on it.</param>
public sealed record StackEngine(string Name, EngineChoice Choice, Capabilities Capabilities)
{
    /// <summary>The real products under Docker Compose.</summary>
    public static StackEngine Docker { get; } = new(
        "docker",
        EngineChoice.Docker,
        Capabilities.Dashboards | Capabilities.Rules | Capabilities.MetricsGenerator | Capabilities.Containers);

    /// <summary>One .NET process on SQLite.</summary>
    public static StackEngine Embedded { get; } = new(
        "embedded",
        EngineChoice.Embedded,
        Capabilities.Dashboards | Capabilities.Rules | Capabilities.MetricsGenerator | Capabilities.OtlpOfEverySignal);

    /// <summary>Both.</summary>
    public static IReadOnlyList<StackEngine> All { get; } = [Docker, Embedded];

    /// <summary>Whether a stack can do all of <paramref name="wanted"/> on it.</summary>
    public bool Has(Capabilities wanted) => (Capabilities & wanted) == wanted;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
