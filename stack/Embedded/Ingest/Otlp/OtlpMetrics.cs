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
    private readonly long _nowMs;
    private readonly List<NewSample> _samples = [];
    private readonly Dictionary<string, MetricMetadata> _metadata = new(StringComparer.Ordinal);
    private int _rejected;
    private string _reason = "";

    private OtlpMetrics(long nowMs) => _nowMs = nowMs;

    public static AcceptedMetrics From(ExportMetricsServiceRequest request, long nowMs, EngineCounters counters)
    {
        var metrics = new OtlpMetrics(nowMs);
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
                info.Add(new(OtlpNames.Label(key), value));
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
                    Totals(exponential, point.Attributes, point.TimeUnixNano, point.Count, point.HasSum ? point.Sum : null, target);
                break;
            case Metric.DataOneofCase.ExponentialHistogram: Reject(metric, metric.ExponentialHistogram.DataPoints.Count); break;
            case Metric.DataOneofCase.Summary:
                var summary = Name(metric, "summary");
                foreach (var point in metric.Summary.DataPoints)
                {
                    foreach (var quantile in point.QuantileValues)
                        Put(summary, point.Attributes, target, point.TimeUnixNano, quantile.Value, new("quantile", PrometheusFloat.Format(quantile.Quantile)));
                    Totals(summary, point.Attributes, point.TimeUnixNano, point.Count, point.Sum, target);
                }

                break;
        }
    }

    private string Name(Metric metric, string type, bool isMonotonicSum = false, bool isGauge = false)
    {
        var name = OtlpNames.Metric(metric.Name, metric.Unit, isMonotonicSum, isGauge);
        _metadata[name] = new MetricMetadata(type, metric.Unit, metric.Description);
        return name;
    }

    private void Numbers(string name, RepeatedField<NumberDataPoint> points, Labels target)
    {
        foreach (var point in points)
        {
            var value = (point.Flags & 1) != 0 ? Sample.StaleMarker : point.ValueCase == NumberDataPoint.ValueOneofCase.AsInt ? point.AsInt : point.AsDouble;
            Put(name, point.Attributes, target, point.TimeUnixNano, value, null, Of(point.Exemplars.LastOrDefault()));
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

        var total = 0UL;
        for (var i = 0; i < point.ExplicitBounds.Count && i < point.BucketCounts.Count; i++)
        {
            total += point.BucketCounts[i];
            var (low, high) = (i == 0 ? double.NegativeInfinity : point.ExplicitBounds[i - 1], point.ExplicitBounds[i]);
            Put($"{name}_bucket", point.Attributes, target, point.TimeUnixNano, total, new("le", PrometheusFloat.Format(high)),
                ExemplarIn(point.Exemplars, low, high));
        }

        var last = point.ExplicitBounds.Count == 0 ? double.NegativeInfinity : point.ExplicitBounds[^1];
        Put($"{name}_bucket", point.Attributes, target, point.TimeUnixNano, point.Count, new("le", "+Inf"),
            ExemplarIn(point.Exemplars, last, double.PositiveInfinity));
        Totals(name, point.Attributes, point.TimeUnixNano, point.Count, point.HasSum ? point.Sum : null, target);
    }

    private void Totals(string name, RepeatedField<KeyValue> attributes, ulong time, ulong count, double? sum, Labels target)
    {
        Put($"{name}_count", attributes, target, time, count);
        if (sum is { } value)
            Put($"{name}_sum", attributes, target, time, value);
    }

    private void Put(
        string name, RepeatedField<KeyValue> attributes, Labels target, ulong timeNs, double value,
        KeyValuePair<string, string>? extra = null, NewExemplar? exemplar = null)
    {
        var labels = new Labels(attributes.Count + target.Count + 2) { new("__name__", name) };
        foreach (var attribute in attributes.Take(OtlpLimits.Attributes))
        {
            var label = OtlpNames.Label(attribute.Key);
            if (!target.Exists(known => known.Key == label) && label is not ("__name__" or "le" or "quantile"))
                labels.Add(new(label, OtlpText.Of(attribute.Value)));
        }

        if (extra is { } pair)
            labels.Add(pair);
        labels.AddRange(target);
        _samples.Add(new NewSample(labels, new Sample(Milliseconds(timeNs), value), exemplar));
    }

    private void Reject(Metric metric, int points)
    {
        _rejected += points;
        _reason = $"{(metric.Name.Length > 100 ? metric.Name[..100] : metric.Name)}: only cumulative temporality is taken";
    }

    private NewExemplar? ExemplarIn(RepeatedField<Exemplar> exemplars, double low, double high)
    {
        NewExemplar? found = null;
        foreach (var exemplar in exemplars)
            if (Of(exemplar) is { } candidate && candidate.Value > low && candidate.Value <= high)
                found = candidate;
        return found;
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
