using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>A parsed LogQL expression.</summary>
internal abstract record LogNode;

/// <summary>A log query: which streams, and what each line passes through.</summary>
internal sealed record LogSelection(IReadOnlyList<LabelMatcher> Matchers, IReadOnlyList<LogStage> Stages) : LogNode;

/// <summary><c>| unwrap x</c> with what filters lines after it.</summary>
/// <param name="Conversion"><c>bytes</c>, <c>duration</c> or <c>duration_seconds</c>; null for a plain number.</param>
internal sealed record LogUnwrap(string Label, string? Conversion, IReadOnlyList<LogLabelFilter> After);

/// <summary><c>by (…)</c> or <c>without (…)</c>.</summary>
internal sealed record LogGrouping(IReadOnlyCollection<string> Names, bool Without)
{
    public Labels Of(Labels labels) => Without ? labels.Without(Names) : labels.Only(Names);
}

/// <summary>A function over the lines of a time range.</summary>
/// <param name="Parameter">The quantile of <c>quantile_over_time</c>.</param>
internal sealed record LogRange(
    string Function, LogSelection Selection, long RangeNs, long OffsetNs, LogUnwrap? Unwrap = null, double Parameter = 0, LogGrouping? Grouping = null)
    : LogNode;

/// <summary>An aggregation over the series of another metric query.</summary>
internal sealed record LogAggregate(string Operator, LogNode Body, int Count, LogGrouping? Grouping) : LogNode;

/// <summary>A number.</summary>
internal sealed record LogLiteral(double Value) : LogNode;

/// <summary><c>vector(n)</c>: a number as a series without labels.</summary>
internal sealed record LogVector(double Value) : LogNode;

/// <summary>How the series of two sides find each other.</summary>
/// <param name="Many">Which side may have several for one of the other: <c>left</c>, <c>right</c> or null.</param>
internal sealed record LogMatching(bool On, IReadOnlyCollection<string> Names, string? Many, IReadOnlyList<string> Include)
{
    public static readonly LogMatching Whole = new(false, [], null, []);
}

/// <summary>An operation between two metric queries, or one and a number.</summary>
internal sealed record LogBinary(string Operator, LogNode Left, LogNode Right, bool ReturnBool, LogMatching Matching) : LogNode;

/// <summary><c>label_replace(…)</c></summary>
internal sealed record LogReplace(LogNode Body, string Target, string Replacement, string Source, System.Text.RegularExpressions.Regex Pattern) : LogNode;

/// <summary>What of LogQL is answered.</summary>
internal static class LogSubset
{
    public static readonly string[] Plain = ["count_over_time", "rate", "bytes_over_time", "bytes_rate", "absent_over_time"];

    /// <summary>Those that ask how many lines or bytes there are, and nothing of the lines.</summary>
    public static readonly string[] Counting = ["count_over_time", "rate", "bytes_over_time", "bytes_rate"];

    public static readonly string[] Unwrapping =
    [
        "rate", "rate_counter", "sum_over_time", "avg_over_time", "min_over_time", "max_over_time", "stdvar_over_time", "stddev_over_time",
        "quantile_over_time", "first_over_time", "last_over_time", "absent_over_time",
    ];

    /// <summary>Those that may group the series they make.</summary>
    public static readonly string[] Grouping =
    [
        "avg_over_time", "stddev_over_time", "stdvar_over_time", "quantile_over_time", "max_over_time", "min_over_time", "first_over_time", "last_over_time",
    ];

    public static readonly string[] Aggregations =
        ["sum", "avg", "min", "max", "count", "stddev", "stdvar", "topk", "bottomk", "sort", "sort_desc"];

    public static string Refuse(string what) => $"{what} is not supported by the embedded engine. Run the stack with --engine=docker for all of LogQL";
}
