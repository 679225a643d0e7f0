using System.Collections.Concurrent;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Canaries;

/// <summary>Sends numbers and looks for them.</summary>
internal sealed class CanaryWatch : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly VerificationRun _run;
    private readonly CanaryTrack? _lines;
    private readonly CanaryTrack _traces;
    private readonly Dictionary<string, CanaryTrack> _requests;
    private readonly ConcurrentDictionary<int, DateTimeOffset> _written = new();
    private readonly ConcurrentDictionary<int, IReadOnlyList<TraceSpan>> _spans = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly HttpClient _client;

    public CanaryWatch(VerificationRun run)
    {
        _run = run;
        _client = Traffic.Client(run);
        var (late, lost) = (run.Plan.FreshnessLimit, run.Plan.Timeout);
        _lines = run.LogProbe is null ? null : new CanaryTrack("logs", late, lost, run.Time);
        _traces = new CanaryTrack("traces", late, lost, run.Time);
        // What is counted is seen after the scrape that follows.
        var scrapes = run.Plan.ScrapeInterval * 2;
        _requests = run.Services.Where(service => service.ProbePath is not null || run.CallersOf(service.Name).Any())
            .ToDictionary(service => service.Name, service => new CanaryTrack($"requests {service.Name}", late + scrapes, lost + scrapes, run.Time),
                StringComparer.Ordinal);
    }

    /// <summary>Reads the counters before anything is sent.</summary>
    public Task BeginAsync() => Task.WhenAll(_requests.Keys.Select(service => RequestCounters.BaselineAsync(_run, service)));

    public IReadOnlyList<CanarySignal> State() =>
        [.. (_lines is null ? Enumerable.Empty<CanaryTrack>() : [_lines]).Append(_traces).Concat(_requests.Values).Select(track => track.State())];

    /// <summary>Sends one of everything and returns when each has been taken or refused.</summary>
    public Task SendAsync() => Task.WhenAll([WriteAsync(), TraceAsync(), .. _run.Services.Where(service => service.ProbePath is not null).Select(AskAsync)]);

    public void Dispose()
    {
        _client.Dispose();
        _writing.Dispose();
    }

    /// <summary>Asks each store what has arrived; one that does not answer is asked again the next time.</summary>
    /// <param name="whole">Looks at all lines since the start, not only at the newest.</param>
    public Task LookAsync(bool whole) =>
        Task.WhenAll([Patiently(() => LinesAsync(whole)), Patiently(TracesAsync),
            .. _requests.Select(service => Patiently(() => CountsAsync(service.Key, service.Value)))]);

    private async Task WriteAsync()
    {
        if (_run.LogProbe is not { } probe || _lines is null)
            return;
        await _writing.WaitAsync().ConfigureAwait(false);
        var number = _lines.Send();
        var at = _written[number] = _run.Time.GetUtcNow();
        try
        {
            var line = LogLines.Line(_run, Canary.Job, at.UtcDateTime, number, number);
            await probe.AppendAsync(Canary.LogFile, [line], CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whatever keeps a line from being written is a finding, not the end of the canary.
            _lines.Refuse(number, exception.Message);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task TraceAsync()
    {
        var number = _traces.Send();
        var spans = _spans[number] = SyntheticTrace.Create(_run.Identity, _run.Otlp, _run.Time.GetUtcNow(), number);
        try
        {
            await _run.Sender.SendAsync(_run.Otlp, spans, CancellationToken.None).ConfigureAwait(false);
        }
        catch (SignalException exception)
        {
            _traces.Refuse(number, exception.Message);
        }
    }

    private async Task AskAsync(ServiceUnderTest service)
    {
        var own = _requests[service.Name].Send();
        var callees = service.Calls.Where(_requests.ContainsKey).Select(callee => (Track: _requests[callee], Number: _requests[callee].Send())).ToList();
        var address = new Uri(service.BaseAddress, service.ProbePath!);
        var roots = new List<TraceSpan>();
        var (_, failure) =
            await Traffic.AskAsync(_client, _run, address, _run.Source(service.Name), own, null, roots, CancellationToken.None).ConfigureAwait(false);
        await Traffic.RootAsync(_run, roots, CancellationToken.None).ConfigureAwait(false);
        if (failure is null)
            return;
        _requests[service.Name].Refuse(own, failure);
        foreach (var (track, number) in callees)
            track.Withdraw(number);
    }

    private async Task LinesAsync(bool whole)
    {
        if (_lines is null || _written.IsEmpty)
            return;
        var oldest = _lines.Open.Select(number => _written[number]).Append(_run.Time.GetUtcNow()).Min();
        var from = whole ? _run.From : oldest - Window;
        var stored =
            await _run.Loki.QueryRangeAsync($"{{job=\"{Canary.Job}\"}} |= \"{_run.Identity.Id}\"", from, _run.To, CancellationToken.None).ConfigureAwait(false);
        var numbers = stored.Select(LogLines.Number).OfType<int>().Where(_written.ContainsKey).Distinct().Order().ToList();
        numbers.ForEach(_lines.See);
        var faults = LineFaults.Of(
            [[.. numbers.Select(LogLines.Name)]],
            [.. stored.Select(line => LogLines.Number(line) is { } number ? LogLines.Name(number) : "a line without a number")]);
        _lines.Fault(faults.Doubled, faults.Unexpected, faults.OutOfOrder);
    }

    private async Task TracesAsync()
    {
        foreach (var number in _traces.Open)
        {
            if (!_spans.TryGetValue(number, out var sent))
                continue;
            var stored = await _run.Tempo.TraceAsync(sent[0].TraceId, CancellationToken.None).ConfigureAwait(false);
            if (stored.Count < sent.Count)
                continue;
            _traces.See(number);
            _spans.TryRemove(number, out _);
            if (stored.Count > sent.Count)
                _traces.Fault([$"trace {number}"], [], 0);
        }
    }

    private async Task CountsAsync(string service, CanaryTrack track)
    {
        if ((await RequestCounters.BaselineAsync(_run, service).ConfigureAwait(false)).Counts is { } before)
            track.SeeCount((int)(await RequestCounters.InStoreAsync(_run, service, CancellationToken.None).ConfigureAwait(false)).Since(before).Total);
    }

    private static async Task Patiently(Func<Task> look)
    {
        try
        {
            await look().ConfigureAwait(false);
        }
        catch (SignalException)
        {
            // Not answering is what a canary lives through; what has not arrived by its deadline is missing.
        }
    }
}
