using Google.Protobuf.Collections;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Exposition;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Resource.V1;
using Labels = System.Collections.Generic.List<System.Collections.Generic.KeyValuePair<string, string>>;

namespace MicroMonitored.Embedded.Ingest.Otlp;

/// <summary>Samples taken from a request, and how many data points were refused and why.</summary>
internal sealed record AcceptedMetrics(MetricBatch Batch, int Rejected, string Reason);

/// <summary>
/// Turns OTLP metrics into series as Prometheus' OTLP receiver does: <c>job</c> from the service, <c>instance</c> from its instance id,
/// other resource attributes on <c>target_info</c>.
/// </summary>
/// <remarks>Delta temporality is refused. Of exponential histograms only count and sum are kept.</remarks>
internal sealed class OtlpMetrics
{
    private const int MostLabels = 2_000_000;
    private const int MostText = 4096;

    private readonly long _nowMs;
    private readonly EngineCounters _counters;
    private readonly List<NewSample> _samples = [];
    private readonly Dictionary<string, MetricMetadata> _metadata = new(StringComparer.Ordinal);
    private int _rejected;
    private int _labels;
    private string _reason = "";

    private OtlpMetrics(long nowMs, EngineCounters counters) => (_nowMs, _counters) = (nowMs, counters);

    public static AcceptedMetrics From(ExportMetricsServiceRequest request, long nowMs, EngineCounters counters)
    {
        var metrics = new OtlpMetrics(nowMs, counters);
        foreach (var resourceMetrics in request.ResourceMetrics)
        {
            var resource = resourceMetrics.Resource ?? new Resource();
            OtlpLimits.Apply(resource.Attributes, counters);
            var target = metrics.Target(resource);
            foreach (var metric in resourceMetrics.ScopeMetrics.SelectMany(scope => scope.Metrics))
                metrics.Add(metric, target);
        }

        counters.Add("rejected_data_points", "invalid", metrics._rejected);
        return new AcceptedMetrics(new MetricBatch(metrics._samples, metrics._metadata), metrics._rejected, metrics._reason);
    }

    private Labels Target(Resource resource)
    {
        var values = resource.Attributes.DistinctBy(attribute => attribute.Key)
            .ToDictionary(attribute => attribute.Key, attribute => OtlpText.Of(attribute.Value), StringComparer.Ordinal);
        var target = new Labels();
        if (values.GetValueOrDefault("service.name") is { Length: > 0 } name)
            target.Add(new("job", values.GetValueOrDefault("service.namespace") is { Length: > 0 } space ? $"{space}/{name}" : name));
        if (values.GetValueOrDefault("service.instance.id") is { Length: > 0 } instance)
            target.Add(new("instance", instance));

        var info = new Labels { new("__name__", "target_info") };
        foreach (var (key, value) in values)
            if (key is not ("service.name" or "service.namespace" or "service.instance.id"))
                Add(info, OtlpNames.Label(key), value);
        if (target.Count > 0 && info.Count > 1)
            _samples.Add(new NewSample([.. info, .. target], new Sample(_nowMs, 1)));
        return target;
    }

    private void Add(Metric metric, Labels target)
    {
        switch (metric.DataCase)
        {
            case Metric.DataOneofCase.Gauge: Numbers(Name(metric, "gauge", isGauge: true), metric.Gauge.DataPoints, target); break;
            case Metric.DataOneofCase.Sum when metric.Sum.AggregationTemporality == AggregationTemporality.Cumulative:
                Numbers(Name(metric, metric.Sum.IsMonotonic ? "counter" : "gauge", metric.Sum.IsMonotonic), metric.Sum.DataPoints, target);
                break;
            case Metric.DataOneofCase.Sum: Reject(metric, metric.Sum.DataPoints.Count); break;
            case Metric.DataOneofCase.Histogram when metric.Histogram.AggregationTemporality == AggregationTemporality.Cumulative:
                var histogram = Name(metric, "histogram");
                foreach (var point in metric.Histogram.DataPoints)
                    Add(histogram, point, target);
                break;
            case Metric.DataOneofCase.Histogram: Reject(metric, metric.Histogram.DataPoints.Count); break;
            case Metric.DataOneofCase.ExponentialHistogram when metric.ExponentialHistogram.AggregationTemporality == AggregationTemporality.Cumulative:
                var exponential = Name(metric, "histogram");
                foreach (var point in metric.ExponentialHistogram.DataPoints)
                    Totals(exponential, Own(point.Attributes, target), point.TimeUnixNano, point.Count, point.HasSum ? point.Sum : null);
                break;
            case Metric.DataOneofCase.ExponentialHistogram: Reject(metric, metric.ExponentialHistogram.DataPoints.Count); break;
            case Metric.DataOneofCase.Summary:
                var summary = Name(metric, "summary");
                foreach (var point in metric.Summary.DataPoints)
                {
                    var own = Own(point.Attributes, target);
                    foreach (var quantile in point.QuantileValues)
                        Put(summary, own, point.TimeUnixNano, quantile.Value, new("quantile", PrometheusFloat.Format(quantile.Quantile)));
                    Totals(summary, own, point.TimeUnixNano, point.Count, point.Sum);
                }

                break;
        }
    }

    private string Name(Metric metric, string type, bool isMonotonicSum = false, bool isGauge = false)
    {
        var unit = OtlpLimits.Cut(metric.Unit, OtlpSpans.MaxNameLength, _counters);
        var name = OtlpNames.Metric(OtlpLimits.Cut(metric.Name, OtlpSpans.MaxNameLength, _counters), unit, isMonotonicSum, isGauge);
        _metadata[name] = new MetricMetadata(type, unit, OtlpLimits.Cut(metric.Description, MostText, _counters));
        return name;
    }

    private void Numbers(string name, RepeatedField<NumberDataPoint> points, Labels target)
    {
        foreach (var point in points)
        {
            var value = (point.Flags & 1) != 0 ? Sample.StaleMarker : point.ValueCase == NumberDataPoint.ValueOneofCase.AsInt ? point.AsInt : point.AsDouble;
            Put(name, Own(point.Attributes, target), point.TimeUnixNano, value, null, Of(point.Exemplars.LastOrDefault()));
        }
    }

    private void Add(string name, HistogramDataPoint point, Labels target)
    {
        if (point.BucketCounts.Count > 0 && point.BucketCounts.Count != point.ExplicitBounds.Count + 1)
        {
            _rejected++;
            _reason = "a histogram must have one more bucket than bounds";
            return;
        }

        double[] bounds = [.. point.ExplicitBounds];
        var exemplars = new NewExemplar?[bounds.Length + 1];
        foreach (var exemplar in point.Exemplars)
        {
            if (Of(exemplar) is not { Value: not double.NaN } candidate)
                continue;
            var at = Array.BinarySearch(bounds, candidate.Value);
            exemplars[at < 0 ? ~at : at] = candidate;
        }

        var own = Own(point.Attributes, target);
        var total = 0UL;
        for (var i = 0; i < bounds.Length && i < point.BucketCounts.Count; i++)
        {
            total += point.BucketCounts[i];
            Put($"{name}_bucket", own, point.TimeUnixNano, total, new("le", PrometheusFloat.Format(bounds[i])), exemplars[i]);
        }

        Put($"{name}_bucket", own, point.TimeUnixNano, point.Count, new("le", "+Inf"), exemplars[^1]);
        Totals(name, own, point.TimeUnixNano, point.Count, point.HasSum ? point.Sum : null);
    }

    private void Totals(string name, Labels own, ulong time, ulong count, double? sum)
    {
        Put($"{name}_count", own, time, count);
        if (sum is { } value)
            Put($"{name}_sum", own, time, value);
    }

    /// <summary>The labels of a data point beside its name: its attributes and, before them, its target's.</summary>
    private Labels Own(RepeatedField<KeyValue> attributes, Labels target)
    {
        OtlpLimits.Apply(attributes, _counters);
        var labels = new Labels(attributes.Count + target.Count);
        foreach (var attribute in attributes)
        {
            var label = OtlpNames.Label(attribute.Key);
            if (!target.Exists(known => known.Key == label) && label is not ("__name__" or "le" or "quantile"))
                Add(labels, label, OtlpText.Of(attribute.Value));
        }

        labels.AddRange(target);
        return labels;
    }

    /// <summary>Values whose names have become one are joined, as Prometheus does.</summary>
    private static void Add(Labels labels, string name, string value)
    {
        var known = labels.FindIndex(label => label.Key == name);
        if (known < 0)
            labels.Add(new(name, value));
        else
            labels[known] = new(name, $"{labels[known].Value};{value}");
    }

    private void Put(string name, Labels own, ulong timeNs, double value, KeyValuePair<string, string>? extra = null, NewExemplar? exemplar = null)
    {
        _labels += own.Count + 2;
        if (_labels > MostLabels)
        {
            _rejected++;
            _reason = $"a request has at most {MostLabels} labels in all its samples";
            return;
        }

        var labels = new Labels(own.Count + 2) { new("__name__", name) };
        labels.AddRange(own);
        if (extra is { } pair)
            labels.Add(pair);
        _samples.Add(new NewSample(labels, new Sample(Milliseconds(timeNs), value), exemplar));
    }

    private void Reject(Metric metric, int points)
    {
        _rejected += points;
        _reason = $"{(metric.Name.Length > 100 ? metric.Name[..100] : metric.Name)}: only cumulative temporality is taken";
    }

    private NewExemplar? Of(Exemplar? exemplar)
    {
        if (exemplar is null)
            return null;
        var labels = new Labels();
        if (exemplar.TraceId.Length == 16)
            labels.Add(new("trace_id", Convert.ToHexStringLower(exemplar.TraceId.Span)));
        if (exemplar.SpanId.Length == 8)
            labels.Add(new("span_id", Convert.ToHexStringLower(exemplar.SpanId.Span)));
        var value = exemplar.ValueCase == Exemplar.ValueOneofCase.AsInt ? exemplar.AsInt : exemplar.AsDouble;
        return new NewExemplar(value, Milliseconds(exemplar.TimeUnixNano), labels);
    }

    private long Milliseconds(ulong nanoseconds) => nanoseconds is 0 or > long.MaxValue ? _nowMs : (long)(nanoseconds / 1_000_000);
}
