using MicroMonitored.Embedded.Ingest.Wire;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Exposition;

namespace MicroMonitored.Embedded.Ingest;

/// <summary>Prometheus remote write 1.0: https://prometheus.io/docs/specs/prw/remote_write_spec/.</summary>
internal sealed class RemoteWrite(IMetricWriter metrics, RequestBody body, EngineCounters counters)
{
    private const int MaxLabels = 128;
    private const int MaxText = 4096;
    private const int MaxSamples = 200_000;

    /// <summary>Takes the samples; those out of order are dropped and named, as Prometheus does.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        if (IngestApi.MediaType(context) != "application/x-protobuf"
            || context.Request.ContentType!.Contains("io.prometheus.write.v2", StringComparison.Ordinal))
        {
            throw new IngestException(
                StatusCodes.Status415UnsupportedMediaType, "Content-Type must be application/x-protobuf with a prometheus.WriteRequest (remote write 1.0).");
        }

        var batch = await body.ReadSnappyAsync(
            context.Request, "a remote write request", bytes => From(ParseBudget.Message<WriteRequest>(bytes.Span), counters), context.RequestAborted);
        var outcome = await metrics.AppendAsync(batch, context.RequestAborted);
        if (outcome.OutOfOrder > 0)
            throw IngestException.Invalid($"out of order sample: {outcome.OutOfOrder} of {batch.Samples.Count} samples are older than what is stored");
        if (outcome.OverLimit > 0)
            throw IngestException.Invalid($"{outcome.OverLimit} samples belong to series beyond the limit of {MetricStore.MaxSeries}");
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <exception cref="IngestException">A series has no valid labels.</exception>
    public static MetricBatch From(WriteRequest request, EngineCounters counters)
    {
        var samples = new List<NewSample>();
        foreach (var series in request.Timeseries)
        {
            var labels = Labels(series.Labels);
            if (labels.Length > MaxLabels || series.Labels.All(static label => label.Name != "__name__"))
                throw IngestException.Invalid($"a series has {(labels.Length > MaxLabels ? $"more than {MaxLabels} labels" : "no __name__")}");
            counters.Add("dropped_samples", "native_histogram", series.Histograms.Count);
            var exemplar = series.Exemplars.Count == 0 ? null : series.Exemplars[^1];
            for (var i = 0; i < series.Samples.Count; i++)
            {
                if (samples.Count == MaxSamples)
                    throw new IngestException(StatusCodes.Status413PayloadTooLarge, $"A request holds at most {MaxSamples} samples.");
                samples.Add(new NewSample(labels, new Sample(series.Samples[i].Timestamp, series.Samples[i].Value),
                    exemplar is null || i < series.Samples.Count - 1 ? null : new NewExemplar(exemplar.Value, exemplar.Timestamp, Labels(exemplar.Labels))));
            }
        }

        var metadata = new Dictionary<string, MetricMetadata>(StringComparer.Ordinal);
        foreach (var family in request.Metadata)
            metadata[family.MetricFamilyName] = new MetricMetadata(family.Type.ToString().ToLowerInvariant(), family.Unit, family.Help);
        return new MetricBatch(samples, metadata);
    }

    private static KeyValuePair<string, string>[] Labels(Google.Protobuf.Collections.RepeatedField<Label> labels)
    {
        var pairs = new KeyValuePair<string, string>[labels.Count];
        for (var i = 0; i < pairs.Length; i++)
        {
            var (name, value) = (labels[i].Name, labels[i].Value);
            if (!IsName(name) || value.Length > MaxText)
                throw IngestException.Invalid($"\"{(name.Length > 40 ? name[..40] : name)}\" is not a label name, or its value is longer than {MaxText}");
            pairs[i] = new(name, value);
        }

        return pairs;
    }

    private static bool IsName(string name)
    {
        if (name.Length is 0 or > 1024 || char.IsAsciiDigit(name[0]))
            return false;
        foreach (var character in name)
            if (!char.IsAsciiLetterOrDigit(character) && character != '_')
                return false;
        return true;
    }
}
