using MicroMonitored.Model.Settings;

namespace MicroMonitored.Model.Components;

/// <summary>What a port of a component is for.</summary>
public enum PortRole
{
    /// <summary>The component's own HTTP API, which also says whether it is ready.</summary>
    Api,

    /// <summary>Receives OTLP over gRPC.</summary>
    OtlpGrpc,

    /// <summary>Receives OTLP over HTTP.</summary>
    OtlpHttp,

    /// <summary>Receives Zipkin spans.</summary>
    Zipkin,

    /// <summary>Receives Jaeger Thrift over HTTP.</summary>
    JaegerThrift,

    /// <summary>Receives Jaeger over gRPC.</summary>
    JaegerGrpc,
}

/// <summary>A port that a component listens on.</summary>
/// <param name="Key">Its settings key below <c>ports</c>.</param>
/// <param name="Role">What it is for.</param>
/// <param name="ContainerPort">Its number inside the component's container.</param>
/// <param name="Number">Its number on the host.</param>
/// <param name="Engines">The engines on which it is there.</param>
public sealed record ComponentPort(string Key, PortRole Role, int ContainerPort, Func<StackPorts, int> Number, IReadOnlyList<StackEngine> Engines)
{
    /// <summary>Its settings key, such as <c>ports.grafana</c>.</summary>
    public string SettingsKey => $"ports.{Key}";

    /// <summary>Whether it is there under these settings, on an engine that has it.</summary>
    public Func<StackSettings, bool> Wanted { get; init; } = static _ => true;
}

/// <summary>A port of the stack on this machine, under the settings in force.</summary>
/// <param name="Component">Whose it is.</param>
/// <param name="Port">Which of them.</param>
/// <param name="Number">Its number on the host.</param>
public sealed record PublishedPort(Component Component, ComponentPort Port, int Number);
