using System.Collections.Concurrent;

namespace MicroMonitored.Embedded.Store;

/// <summary>
/// Counts what the engine dropped, refused, cut or failed at since it started, by Prometheus series name.
/// Exposed as <c>micromonitored_*</c> series of job <c>micromonitored</c>.
/// </summary>
internal sealed class EngineCounters
{
    private readonly ConcurrentDictionary<(string Name, string Reason), StrongBox> _counters = new();

    private sealed class StrongBox
    {
        public long Value;
    }

    private readonly ConcurrentDictionary<string, StrongBox> _readLines = new(StringComparer.Ordinal);
    private long _samples, _lines, _spans;

    /// <summary>Samples stored since the engine started.</summary>
    public long Samples => Interlocked.Read(ref _samples);

    /// <summary>Log lines stored since the engine started.</summary>
    public long Lines => Interlocked.Read(ref _lines);

    /// <summary>Those of <see cref="Lines"/> that were read from files, by path.</summary>
    public IReadOnlyList<(string Path, long Lines)> ReadLines => [.. _readLines.Select(static one => (one.Key, Interlocked.Read(ref one.Value.Value)))];

    /// <summary>Spans stored since the engine started.</summary>
    public long Spans => Interlocked.Read(ref _spans);

    /// <summary>Counts what was stored.</summary>
    public void Stored(int samples = 0, int lines = 0, int spans = 0)
    {
        Interlocked.Add(ref _samples, samples);
        Interlocked.Add(ref _lines, lines);
        Interlocked.Add(ref _spans, spans);
    }

    /// <summary>Counts lines of a file that were stored.</summary>
    public void Read(string path, int lines) => Interlocked.Add(ref _readLines.GetOrAdd(path, static _ => new()).Value, lines);

    /// <summary>Adds to <c>micromonitored_{name}_total{reason="…"}</c>.</summary>
    public void Add(string name, string reason, long count = 1)
    {
        if (count > 0)
            Interlocked.Add(ref _counters.GetOrAdd((name, reason), _ => new()).Value, count);
    }

    /// <summary>The value now; 0 when it never moved.</summary>
    public long Value(string name, string reason) => _counters.TryGetValue((name, reason), out var counter) ? Interlocked.Read(ref counter.Value) : 0;

    /// <summary>All counters that exist.</summary>
    public IReadOnlyList<(string Name, string Reason, long Value)> All() =>
        [.. _counters.Select(counter => (counter.Key.Name, counter.Key.Reason, Interlocked.Read(ref counter.Value.Value)))];
}
