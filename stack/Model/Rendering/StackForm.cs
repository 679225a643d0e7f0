namespace MicroMonitored.Model.Rendering;

/// <summary>Where the stack is to run.</summary>
public enum StackForm
{
    /// <summary>On one machine, each component once: what <c>Up</c> starts.</summary>
    OneMachine,

    /// <summary>Under Compose so that one Loki or Prometheus may fail: three and two of them, on an object store and a long-term store.</summary>
    ComposeHa,

    /// <summary>On Kubernetes, by the products' own charts.</summary>
    Kubernetes,
}
