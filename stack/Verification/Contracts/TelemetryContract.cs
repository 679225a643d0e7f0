namespace MicroMonitored.Verification.Contracts;

/// <summary>What services emit, as <c>telemetry.lock</c> holds it.</summary>
/// <param name="Items">By service, signal and name, in ordinal order.</param>
public sealed record TelemetryContract(IReadOnlyList<EmittedItem> Items)
{
    /// <summary>The file's name, at the root of a repository.</summary>
    public const string FileName = "telemetry.lock";

    /// <summary>Of items in any order.</summary>
    public static TelemetryContract Of(IEnumerable<EmittedItem> items) => new(
    [
        .. items.OrderBy(item => item.Service, StringComparer.Ordinal).ThenBy(item => item.Signal).ThenBy(item => item.Name, StringComparer.Ordinal),
    ]);
}

/// <summary>What a service emits one of.</summary>
public enum EmittedSignal
{
    /// <summary>A metric.</summary>
    Metric,

    /// <summary>A span.</summary>
    Span,

    /// <summary>A log line.</summary>
    Log,
}

/// <summary>One metric, kind of span or kind of line.</summary>
/// <param name="Service">The service that emits it.</param>
/// <param name="Signal">What it is.</param>
/// <param name="Name">Of a metric its family in Prometheus, of a span its kind and name (<c>server POST /orders</c>), of a line its template.</param>
/// <param name="Traits">Of a metric <c>type</c> and <c>unit</c>, of a line <c>level</c>.</param>
/// <param name="Parts">Of a metric its labels with <c>few</c> or <c>many</c> values, of a span its attributes with their types, of a line its fields
/// (<c>field</c>).</param>
/// <param name="Parents">Of a span the spans that it stands below: <c>shop-orders client GET</c>.</param>
public sealed record EmittedItem(
    string Service,
    EmittedSignal Signal,
    string Name,
    IReadOnlyDictionary<string, string> Traits,
    IReadOnlyDictionary<string, string> Parts,
    IReadOnlyList<string> Parents)
{
    /// <summary>How a person calls it.</summary>
    public override string ToString() => Signal switch
    {
        EmittedSignal.Metric => $"metric {Name}",
        EmittedSignal.Span => $"span {Name}",
        _ => $"line \"{Name}\"",
    };
}
