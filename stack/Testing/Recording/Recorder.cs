using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using MicroMonitored.Verification;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Testing.Recording;

/// <summary>Asks the stores what an action left, until it is complete.</summary>
internal sealed class Recorder : IDisposable
{
    /// <summary>How long a service holds spans and lines back before it sends them.</summary>
    public static readonly TimeSpan ExportDelay = TimeSpan.FromMilliseconds(40);

    // Spans that belong together are sent within one delay of each other.
    private static readonly TimeSpan Quiet = ExportDelay * 3;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // The embedded engine stores its own figures beside those of the services.
    private const string OfServices = "{job!=\"\",job!=\"micromonitored\"}";

    // A histogram's parts are read together.
    private const string Countable = "{job!=\"\",job!=\"micromonitored\",__name__!~\".+_(bucket|sum|created)\"}";

    private readonly TelemetryOptions _options;
    private readonly SignalHttp _http;
    private readonly PrometheusClient _prometheus;
    private readonly LokiClient _loki;
    private readonly TempoClient _tempo;
    private readonly TraceSender _sender;
    private readonly ConcurrentDictionary<CancellationToken, DateTimeOffset> _hosts = new();
    private readonly ConcurrentDictionary<string, Recording> _active = new(StringComparer.Ordinal);
    private readonly ActivityListener _requests;
    private int _mute;

    public Recorder(TelemetryOptions options, StackEndpoints stack)
    {
        _options = options;
        _http = new SignalHttp(options.Access);
        _prometheus = new PrometheusClient(_http, stack.Prometheus);
        _loki = new LokiClient(_http, stack.Loki);
        _tempo = new TempoClient(_http, stack.Tempo);
        _sender = new TraceSender(_http, stack);
        _requests = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "System.Net.Http",
            Sample = (ref options) => Of(options.Parent.TraceId)?.IsOwn(options.Parent.SpanId.ToHexString()) == true
                ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = request => (Of(request.TraceId) is { } recording && recording.IsOwn(request.ParentSpanId.ToHexString()) ? recording : null)
                ?.Add(request),
        };
        ActivitySource.AddActivityListener(_requests);
    }

    public TelemetryOptions Options => _options;

    public void Joined(CancellationToken left)
    {
        _hosts[left] = DateTimeOffset.UtcNow;
        left.Register(() => _hosts.TryRemove(left, out _));
    }

    /// <summary>Reads all series, once everything counted until now is among them.</summary>
    public async Task<Recording> BeginAsync(TimeSpan timeout)
    {
        if (!_options.Metrics)
            return new Recording(new Dictionary<string, double>(), timeout, counts: false);
        var now = DateTimeOffset.UtcNow;
        var collections = new Collections();
        var sending = 0;
        var all = await UntilAsync(now + timeout, async () =>
        {
            var samples = await NewestAsync(DateTimeOffset.UtcNow).ConfigureAwait(false);
            sending = samples.Count;
            return collections.Cover(samples, now) && sending >= _hosts.Count - _mute;
        }).ConfigureAwait(false);
        if (!all)
            _mute = Math.Max(0, _hosts.Count - sending);
        try
        {
            // The hosts of one process are one instance: what an earlier one counted is not the start of the next.
            var since = all ? now : _hosts.Values.DefaultIfEmpty(DateTimeOffset.UnixEpoch).Min();
            var before = (await SeriesAsync(since).ConfigureAwait(false))
                .GroupBy(sample => sample.Key).ToDictionary(group => group.Key, group => group.Last().Value);
            return new Recording(before, timeout, counts: true);
        }
        catch (SignalException exception)
        {
            throw new TelemetryException($"The store does not answer: {exception.Message}");
        }
    }

    /// <summary>The action begins: the requests it sends are spans of the test.</summary>
    public void Start(Recording recording, Activity root)
    {
        recording.Start(root);
        _active[recording.TraceId] = recording;
    }

    /// <summary>The action is over: its root is sent, so that the trace has one in the store, too.</summary>
    public async Task EndAsync(Recording recording, Activity root)
    {
        _active.TryRemove(recording.TraceId, out _);
        recording.End(root);
        try
        {
            await _sender.SendAsync(TraceProtocol.OtlpHttpProtobuf, [.. recording.Own.Values], CancellationToken.None).ConfigureAwait(false);
        }
        catch (SignalException exception)
        {
            throw new TelemetryException($"The store does not take spans: {exception.Message}");
        }
    }

    /// <summary>
    /// Waits until the trace is whole (every parent is there, and nothing was added for longer than services hold spans back), each of its
    /// services has sent its metrics once since, and the condition holds; or until the time is up.
    /// </summary>
    public async Task SettleAsync(Recording recording, Func<bool>? until)
    {
        var (count, since) = (0, Stopwatch.GetTimestamp());
        var collections = new Collections();
        await UntilAsync(recording.Deadline, async () =>
        {
            var spans = await SpansAsync(recording).ConfigureAwait(false);
            if (spans.Count != count)
                (count, since) = (spans.Count, Stopwatch.GetTimestamp());
            if (!IsWhole(recording, spans) || Stopwatch.GetElapsedTime(since) < Quiet
                || !await CountedAsync(recording, spans, collections).ConfigureAwait(false))
                return false;
            await RefreshAsync(recording).ConfigureAwait(false);
            return recording.Snapshot.Problem is null && until?.Invoke() != false;
        }).ConfigureAwait(false);
        if (recording.Snapshot.Spans.Count < count || count == 0)
            await RefreshAsync(recording).ConfigureAwait(false);
    }

    /// <summary>Reads again what the stores hold.</summary>
    public async Task RefreshAsync(Recording recording)
    {
        try
        {
            var spans = SpansAsync(recording);
            var lines = LinesAsync($"{{service_name=~\".+\"}} | trace_id=\"{recording.TraceId}\"", recording);
            var counted = recording.IsCounted;
            var series = counted ? SeriesAsync(recording.Began) : Task.FromResult<IReadOnlyList<VectorSample>>([]);
            var metrics = _options.Metrics
                ? _prometheus.MetadataAsync(default) : Task.FromResult<IReadOnlyDictionary<string, MetricDescription>>(Snapshot.Empty.Metrics);
            var exemplars = _options.Metrics
                ? _prometheus.ExemplarsAsync(OfServices, recording.Began.AddSeconds(-1), Now(), default)
                : Task.FromResult<IReadOnlyList<SeriesExemplar>>([]);
            await Task.WhenAll(spans, lines, series, metrics, exemplars).ConfigureAwait(false);
            recording.Snapshot = new Snapshot(
                await spans.ConfigureAwait(false), counted && recording.IsCounted ? await series.ConfigureAwait(false) : recording.Snapshot.Series,
                await metrics.ConfigureAwait(false), await lines.ConfigureAwait(false),
                (await exemplars.ConfigureAwait(false)).Where(exemplar => exemplar.TraceId == recording.TraceId)
                    .Select(exemplar => exemplar.Series.GetValueOrDefault("__name__", "")).ToHashSet(),
                null);
        }
        catch (SignalException exception)
        {
            recording.Snapshot = recording.Snapshot with { Problem = exception.Message };
        }
    }

    /// <summary>Spans of that name that began during the action in other traces: what should have been in this one.</summary>
    public async Task<IReadOnlyList<RecordedSpan>> ElsewhereAsync(Recording recording, string service)
    {
        var found = new List<RecordedSpan>();
        foreach (var id in await _tempo.SearchAsync(service, null, recording.Began.AddSeconds(-1), Now(), 20, default).ConfigureAwait(false))
        {
            if (id != recording.TraceId)
                found.AddRange((await _tempo.TraceAsync(id, default).ConfigureAwait(false)).Select(span => new RecordedSpan(span)));
        }

        return [.. found.Where(span => span.Service == service && span.Start >= recording.Began && span.Start <= recording.Ended)];
    }

    /// <summary>The services that sent spans during the action.</summary>
    public async Task<IReadOnlyList<RecordedSpan>> ElsewhereAsync(Recording recording)
    {
        var services = new HashSet<string>();
        foreach (var stream in await _loki.SeriesAsync("{service_name=~\".+\"}", recording.Began.AddMinutes(-5), Now(), default).ConfigureAwait(false))
            services.Add(stream.GetValueOrDefault("service_name", ""));
        if (_options.Metrics)
            services.UnionWith((await NewestAsync(recording.Began).ConfigureAwait(false)).Select(sample => sample.Labels.GetValueOrDefault("job", "")));
        services.Remove("");
        var spans = await Task.WhenAll(services.Select(service => ElsewhereAsync(recording, service))).ConfigureAwait(false);
        return [.. spans.SelectMany(all => all)];
    }

    /// <summary>Lines that were written during the action without a trace's id.</summary>
    public Task<IReadOnlyList<RecordedLine>> UntracedAsync(Recording recording) => LinesAsync("{service_name=~\".+\"} | trace_id=\"\"", recording);

    public void Dispose()
    {
        _requests.Dispose();
        _http.Dispose();
    }

    private static bool IsWhole(Recording recording, IReadOnlyList<RecordedSpan> spans)
    {
        var ids = spans.Select(span => span.Id).ToHashSet(StringComparer.Ordinal);
        return spans.Any(span => recording.IsOwn(span.ParentId))
            && spans.All(span => span.ParentId is null || ids.Contains(span.ParentId) || recording.IsOwn(span.ParentId));
    }

    private Recording? Of(ActivityTraceId id) => _active.IsEmpty ? null : _active.GetValueOrDefault(id.ToHexString());

    // A service's counters are complete once it has collected them after its last span.
    private async Task<bool> CountedAsync(Recording recording, IReadOnlyList<RecordedSpan> spans, Collections collections)
    {
        if (!_options.Metrics)
            return true;
        var newest = await NewestAsync(recording.Began).ConfigureAwait(false);
        return spans.GroupBy(span => span.Service).All(service =>
        {
            var end = service.Max(span => span.Start + span.Duration);
            var own = newest.Where(sample => Service(sample.Labels.GetValueOrDefault("job", "")) == service.Key).ToList();
            return own.Count > 0 && collections.Cover(own, end > recording.Ended ? end : recording.Ended);
        });
    }

    /// <summary>When each instance of a service that was alive then was last collected, in milliseconds since the Unix epoch.</summary>
    private async Task<IReadOnlyList<VectorSample>> NewestAsync(DateTimeOffset alive)
    {
        var window = (DateTimeOffset.UtcNow - alive) + TimeSpan.FromSeconds(2) + (_options.MetricInterval * 2);
        var samples = await _prometheus.NewestAsync(Countable, window, default).ConfigureAwait(false);
        return
        [
            .. samples.GroupBy(sample => (Job: sample.Labels.GetValueOrDefault("job", ""), Instance: sample.Labels.GetValueOrDefault("instance", "")))
                .Select(instance => new VectorSample(
                    new Dictionary<string, string> { ["job"] = instance.Key.Job, ["instance"] = instance.Key.Instance }, instance.Max(sample => sample.Value))),
        ];
    }

    // The namespace stands before the name: shop/orders.
    internal static string Service(string job) => job[(job.LastIndexOf('/') + 1)..];

    // Only what was collected since: the series of a host that ended earlier count for nothing.
    private Task<IReadOnlyList<VectorSample>> SeriesAsync(DateTimeOffset since)
    {
        var at = DateTimeOffset.UtcNow;
        var window = TimeSpan.FromSeconds(10) + (_options.MetricInterval * 3);
        if (at - since < window)
            window = at - since;
        var query = $"last_over_time({OfServices}[{Math.Max(1, window.TotalMilliseconds):0}ms])";
        var uri = new Uri(_prometheus.Address, string.Create(CultureInfo.InvariantCulture,
            $"api/v1/query?query={Uri.EscapeDataString(query)}&time={at.ToUnixTimeMilliseconds() / 1000.0:0.000}"));
        return _http.GetJsonAsync("prometheus", uri, PrometheusClient.ReadVector, default);
    }

    private async Task<IReadOnlyList<RecordedSpan>> SpansAsync(Recording recording)
        => [.. (await _tempo.TraceAsync(recording.TraceId, default).ConfigureAwait(false))
            .Where(span => !recording.IsOwn(span.SpanId)).Select(span => new RecordedSpan(span))];

    private async Task<IReadOnlyList<RecordedLine>> LinesAsync(string query, Recording recording)
        => [.. (await _loki.QueryRangeAsync(query, recording.Began.AddSeconds(-1), Now(), default).ConfigureAwait(false))
            .Select(line => new RecordedLine(line))];

    private static DateTimeOffset Now() => DateTimeOffset.UtcNow.AddSeconds(1);

    private static async Task<bool> UntilAsync(DateTimeOffset end, Func<Task<bool>> met)
    {
        while (true)
        {
            try
            {
                if (await met().ConfigureAwait(false))
                    return true;
            }
            catch (SignalException)
            {
                // Asked again: what a store says last stands in the snapshot.
            }

            if (DateTimeOffset.UtcNow >= end)
                return false;
            await Task.Delay(Pause).ConfigureAwait(false);
        }
    }
}
