namespace MicroMonitored.Embedded.Query.TraceQL;

/// <summary>A metric of spans, or of other metrics.</summary>
internal abstract record TraceMetric
{
    /// <summary>The spans of the first measure within, for their fields.</summary>
    public abstract TraceStage Spans();
}

/// <summary>A function over the spans of each step: <c>rate()</c>, <c>quantile_over_time(duration, 0.9) by (name)</c>.</summary>
internal sealed record TraceMeasure(
    TraceStage Source, string Function, TraceField? Field, IReadOnlyList<double> Quantiles, IReadOnlyList<TraceField> By) : TraceMetric
{
    public override TraceStage Spans() => Source;
}

/// <summary><c>topk(n)</c> and <c>bottomk(n)</c>: the series with the largest or smallest value at each step.</summary>
internal sealed record TraceMetricRank(TraceMetric Body, int Count, bool Smallest) : TraceMetric
{
    public override TraceStage Spans() => Body.Spans();
}

/// <summary>The points for which a comparison holds.</summary>
internal sealed record TraceMetricFilter(string Sign, TraceMetric Body, double Value) : TraceMetric
{
    public override TraceStage Spans() => Body.Spans();
}

/// <summary>Every point with a number.</summary>
internal sealed record TraceMetricScalar(string Sign, TraceMetric Body, double Value, bool ScalarLeft) : TraceMetric
{
    public override TraceStage Spans() => Body.Spans();
}

/// <summary>The points of two metrics with the same labels; one without labels fits all.</summary>
internal sealed record TraceMetricBinary(string Sign, TraceMetric Left, TraceMetric Right) : TraceMetric
{
    public override TraceStage Spans() => Left.Spans();
}

/// <summary>One series: a value for each step, NaN where there is none.</summary>
internal sealed record TraceSeries(IReadOnlyList<KeyValuePair<string, object?>> Labels, double[] Values)
{
    public List<TraceExemplar> Exemplars { get; init; } = [];

    /// <summary>What tells it from others, its name aside.</summary>
    public string Key { get; } = string.Join('\0', Labels.Where(static label => label.Key != Query.Labels.MetricName)
        .Select(static label => $"{label.Key}\0{TraceValues.TypeOf(label.Value)}\0{TraceValues.Text(label.Value)}"));

    /// <summary>The labels as text, for what knows texts only.</summary>
    public Labels Texts => Query.Labels.From(Labels.Select(static label => new KeyValuePair<string, string>(label.Key, TraceValues.Text(label.Value))));
}

/// <summary>A span that stands for a point.</summary>
internal sealed record TraceExemplar(long TimestampMs, double Value, string TraceId, string SpanId);
