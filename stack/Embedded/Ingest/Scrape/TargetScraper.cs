using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Protocols.Exposition;

namespace MicroMonitored.Embedded.Ingest.Scrape;

/// <summary>Scrapes one target: what it says, how it went, and the end of series that are gone.</summary>
internal sealed class TargetScraper
{
    public const int BodyLimit = 16 * 1024 * 1024;
    public const int SampleLimit = 100_000;
    private const string Accept =
        "application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.7,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    private static readonly string[] OwnSeries =
        ["up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling", "scrape_series_added"];

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly TimeSpan Future = TimeSpan.FromMinutes(10);

    private readonly HttpClient _client;
    private readonly IMetricWriter _metrics;
    private readonly TimeProvider _time;
    private readonly EngineCounters _counters;
    private readonly TimeSpan _timeout;
    private readonly KeyValuePair<string, string>[] _labels;
    private Dictionary<string, IReadOnlyList<KeyValuePair<string, string>>> _series = new(StringComparer.Ordinal);
    private long _lastMs;

    public TargetScraper(DiscoveredTarget target, HttpClient client, IMetricWriter metrics, TimeProvider time, EngineCounters counters, TimeSpan timeout)
    {
        Target = target;
        _client = client;
        _metrics = metrics;
        _time = time;
        _counters = counters;
        _timeout = timeout;
        _labels = [.. target.Labels];
        State = new ScrapeTarget(
            target.Labels["job"], target.Labels["instance"], target.Url.ToString(), target.Discovered, target.Labels, "unknown", "", null, TimeSpan.Zero);
    }

    public DiscoveredTarget Target { get; }

    /// <summary>How the last scrape went; replaced as a whole.</summary>
    public ScrapeTarget State { get; private set; }

    /// <summary>One scrape, stored; a failing target is a result, not an exception.</summary>
    public async Task ScrapeAsync(CancellationToken cancellation)
    {
        var started = _time.GetUtcNow();
        var clock = _time.GetTimestamp();
        ParsedScrape? scrape = null;
        var error = "";
        try
        {
            scrape = await FetchAsync(cancellation);
        }
        catch (Exception exception) when (Describe(exception, cancellation) is { } reason)
        {
            error = reason;
            _counters.Add("scrape_failures", "target");
        }

        var duration = _time.GetElapsedTime(clock);
        var batch = Batch(scrape, Math.Max(started.ToUnixTimeMilliseconds(), _lastMs + 1), duration);
        try
        {
            await _metrics.AppendAsync(batch, cancellation);
        }
        catch (StoreUnavailableException exception)
        {
            _counters.Add("scrape_failures", "store");
            error = exception.Message;
        }

        State = State with { Health = error.Length == 0 ? "up" : "down", LastError = error, LastScrape = started, LastScrapeDuration = duration };
    }

    /// <summary>Ends all series of a target that is gone.</summary>
    public async Task EndAsync(CancellationToken cancellation)
    {
        var now = Math.Max(_time.GetUtcNow().ToUnixTimeMilliseconds(), _lastMs + 1);
        if (_lastMs == 0)
            return;
        var samples = _series.Values.Select(labels => new NewSample(labels, new Sample(now, Sample.StaleMarker))).ToList();
        foreach (var name in OwnSeries)
            samples.Add(new NewSample(Own(name), new Sample(now, Sample.StaleMarker)));
        await _metrics.AppendAsync(new MetricBatch(samples, new Dictionary<string, MetricMetadata>()), cancellation);
    }

    private MetricBatch Batch(ParsedScrape? scrape, long nowMs, TimeSpan duration)
    {
        _lastMs = nowMs;
        var previous = _series;
        var series = new Dictionary<string, IReadOnlyList<KeyValuePair<string, string>>>(scrape?.Samples.Count ?? 0, StringComparer.Ordinal);
        var samples = new List<NewSample>((scrape?.Samples.Count ?? 0) + 8);
        var added = 0;
        foreach (var sample in scrape?.Samples ?? [])
        {
            if (!previous.TryGetValue(sample.SeriesText, out var labels))
            {
                labels = Merge(sample.Labels);
                added++;
            }

            if (sample.TimestampMs is null)
                series.TryAdd(sample.SeriesText, labels);
            if (sample.TimestampMs > nowMs + (long)Future.TotalMilliseconds)
            {
                _counters.Add("dropped_samples", "in_the_future");
                continue;
            }

            var exemplar = sample.Exemplar is { } scraped
                ? new NewExemplar(scraped.Value, scraped.TimestampMs ?? nowMs, scraped.Labels)
                : null;
            samples.Add(new NewSample(labels, new Sample(sample.TimestampMs ?? nowMs, sample.Value), exemplar));
        }

        foreach (var (text, labels) in previous)
            if (!series.ContainsKey(text))
                samples.Add(new NewSample(labels, new Sample(nowMs, Sample.StaleMarker)));
        _series = series;

        var count = scrape?.Samples.Count ?? 0;
        samples.Add(new NewSample(Own("up"), new Sample(nowMs, scrape is null ? 0 : 1)));
        samples.Add(new NewSample(Own("scrape_duration_seconds"), new Sample(nowMs, duration.TotalSeconds)));
        samples.Add(new NewSample(Own("scrape_samples_scraped"), new Sample(nowMs, count)));
        samples.Add(new NewSample(Own("scrape_samples_post_metric_relabeling"), new Sample(nowMs, count)));
        samples.Add(new NewSample(Own("scrape_series_added"), new Sample(nowMs, added)));
        return new MetricBatch(samples, scrape?.Metadata ?? new Dictionary<string, MetricMetadata>());
    }

    /// <summary>The scraped labels and the target's; a scraped label the target has too is kept as <c>exported_…</c>.</summary>
    private List<KeyValuePair<string, string>> Merge(IReadOnlyList<KeyValuePair<string, string>> scraped)
    {
        var labels = new List<KeyValuePair<string, string>>(scraped.Count + _labels.Length);
        foreach (var label in scraped)
        {
            var name = label.Key;
            while (Target.Labels.ContainsKey(name))
                name = "exported_" + name;
            labels.Add(new(name, label.Value));
        }

        labels.AddRange(_labels);
        return labels;
    }

    private KeyValuePair<string, string>[] Own(string name) => [new("__name__", name), .. _labels];

    private async Task<ParsedScrape> FetchAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_timeout);
        using var request = new HttpRequestMessage(HttpMethod.Get, Target.Url);
        request.Headers.TryAddWithoutValidation("Accept", Accept);
        request.Headers.TryAddWithoutValidation("X-Prometheus-Scrape-Timeout-Seconds", _timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new ScrapeException($"server returned HTTP status {(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd());
        var openMetrics = IsOpenMetrics(response.Content.Headers.ContentType);
        await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
        var text = await ReadAsync(body, limit.Token);
        try
        {
            return ExpositionParser.Parse(text, openMetrics, SampleLimit);
        }
        catch (ExpositionException exception)
        {
            throw new ScrapeException(exception.Message, exception);
        }
    }

    private static bool IsOpenMetrics(MediaTypeHeaderValue? type) => type?.MediaType switch
    {
        "application/openmetrics-text" => true,
        "text/plain" => false,
        null => throw new ScrapeException("non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target"),
        var other => throw new ScrapeException($"received unsupported Content-Type \"{other}\" and no fallback_scrape_protocol specified for target"),
    };

    private static async Task<string> ReadAsync(Stream body, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            var length = 0;
            while (true)
            {
                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length * 2, BodyLimit + 1));
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                var read = await body.ReadAsync(buffer.AsMemory(length), cancellation);
                if (read == 0)
                    break;
                length += read;
                if (length > BodyLimit)
                    throw new ScrapeException("body size limit exceeded");
            }

            return StrictUtf8.GetString(buffer, 0, length);
        }
        catch (DecoderFallbackException exception)
        {
            throw new ScrapeException("invalid UTF-8", exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>What went wrong, in the words of Prometheus; null where the scrape was called off, and for what is not the target's fault.</summary>
    private string? Describe(Exception exception, CancellationToken cancellation) => exception switch
    {
        OperationCanceledException when cancellation.IsCancellationRequested => null,
        ScrapeException => exception.Message,
        OperationCanceledException => $"Get \"{Target.Url}\": context deadline exceeded",
        HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } =>
            $"Get \"{Target.Url}\": dial tcp {Target.Url.Authority}: connect: connection refused",
        HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain } } =>
            $"Get \"{Target.Url}\": dial tcp: lookup {Target.Url.Host}: no such host",
        HttpRequestException or IOException or InvalidDataException => $"Get \"{Target.Url}\": {exception.Message}",
        _ => null,
    };

    private sealed class ScrapeException(string message, Exception? inner = null) : Exception(message, inner);
}
