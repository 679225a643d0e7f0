using System.Text.Json;

namespace MicroMonitored.Model.Expectations;

/// <summary>What a service's <c>expectations.json</c> says it leaves behind, for Verify to prove. <c>*</c> stands for any characters.</summary>
/// <param name="File">The file, as a person writes its path.</param>
/// <param name="Drive">The requests to send, one each.</param>
/// <param name="Metrics">What these requests do to metrics.</param>
/// <param name="Logs">Lines that these requests leave.</param>
/// <param name="Spans">Spans that these requests leave.</param>
/// <param name="Absent">What must not be there.</param>
public sealed record ServiceExpectations(
    string File,
    IReadOnlyList<DrivenRequest> Drive,
    IReadOnlyList<ExpectedMetric> Metrics,
    IReadOnlyList<ExpectedLine> Logs,
    IReadOnlyList<ExpectedSpan> Spans,
    IReadOnlyList<Unexpected> Absent)
{
    /// <summary>Findings of <c>--target=Lint</c> that are as they are for a reason.</summary>
    public IReadOnlyList<AcceptedFinding> Accepted { get; init; } = [];

    /// <summary>The name of the file, beside the project file.</summary>
    public const string FileName = "expectations.json";

    /// <summary>Where an expectation stands: <c>src/Shop.Orders/expectations.json:7</c>.</summary>
    public string At(int line) => $"{File}:{line}";
}

/// <summary>One request.</summary>
/// <param name="Line">Where it stands in the file, from 1.</param>
/// <param name="Path">Path and query.</param>
/// <param name="Body">JSON; null for none.</param>
/// <param name="Status">The status to be answered; null for any of 200 to 299.</param>
/// <param name="Calls">The services that it makes this one call, one request each.</param>
public sealed record DrivenRequest(int Line, string Method, string Path, JsonElement? Body, int? Status, IReadOnlyList<string> Calls)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Path}";
}

/// <summary>A metric of the service.</summary>
/// <param name="Line">Where it stands in the file, from 1.</param>
/// <param name="Name">As Prometheus knows it: <c>orders_placed_total</c>.</param>
/// <param name="Labels">Labels that select its series.</param>
/// <param name="Grows">By how much the sum of them grows by the requests, exactly; null where that is not said.</param>
/// <param name="GrowsAtLeast">Likewise, at least.</param>
/// <param name="AtLeast">The least that their sum is afterwards.</param>
public sealed record ExpectedMetric(
    int Line, string Name, IReadOnlyDictionary<string, string> Labels, double? Grows, double? GrowsAtLeast, double? AtLeast);

/// <summary>A log line of the service.</summary>
/// <param name="Line">Where it stands in the file, from 1.</param>
/// <param name="Message">The message; null for any.</param>
/// <param name="Level">The level; null for any.</param>
/// <param name="Fields">Fields with their values.</param>
public sealed record ExpectedLine(int Line, string? Message, string? Level, IReadOnlyDictionary<string, string> Fields);

/// <summary>A span of the service.</summary>
/// <param name="Line">Where it stands in the file, from 1.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind"><c>internal</c>, <c>server</c>, <c>client</c>, <c>producer</c> or <c>consumer</c>; null for any.</param>
/// <param name="Attributes">Attributes with their values.</param>
public sealed record ExpectedSpan(int Line, string Name, string? Kind, IReadOnlyDictionary<string, string> Attributes);

/// <summary>What may be of what must not be there.</summary>
public enum UnexpectedKind
{
    /// <summary>A metric's name.</summary>
    Metric,

    /// <summary>Text in a log line.</summary>
    Log,

    /// <summary>A span's name.</summary>
    Span,

    /// <summary>The key of a span's attribute.</summary>
    Attribute,
}

/// <summary>What must not be there.</summary>
/// <param name="Line">Where it stands in the file, from 1.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Pattern">Its name, or text of it.</param>
public sealed record Unexpected(int Line, UnexpectedKind Kind, string Pattern);

/// <summary>A finding that is as it is for a reason.</summary>
/// <param name="Line">Where it stands in the file, from 1.</param>
/// <param name="Id">The rule.</param>
/// <param name="Name">The metric, span or line that it is about.</param>
/// <param name="Reason">Why it stays.</param>
public sealed record AcceptedFinding(int Line, string Id, string Name, string Reason);
