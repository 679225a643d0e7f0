namespace MicroMonitored.Embedded.Store;

/// <summary>One series: its labels and its newest samples.</summary>
internal sealed class StoredSeries(LabelSet set, string json)
{
    private readonly Lock _lock = new();
    private readonly List<Sample> _head = [];
    private int _flushed;
    private long _newest = long.MinValue;

    public LabelSet Set => set;

    public string Json => json;

    public bool HasChunks { get; set; }

    // The writer's thread alone touches these three: they run ahead of what is committed.
    public long WriterNewest { get; set; } = long.MinValue;

    public double WriterValue { get; set; }

    public NewExemplar? WriterExemplar { get; set; }

    public bool Accepts(Sample sample) => sample.TimestampMs > WriterNewest;

    public int Add(Sample sample)
    {
        lock (_lock)
        {
            _head.Add(sample);
            _newest = sample.TimestampMs;
            WriterNewest = Math.Max(WriterNewest, sample.TimestampMs);
            return 1;
        }
    }

    public void ForgetUncommitted()
    {
        lock (_lock)
            WriterNewest = _newest;
        WriterExemplar = null;
    }

    /// <param name="complete">Whether the memory alone holds everything of the range.</param>
    public Sample[] Head(long fromMs, long toMs, out bool complete)
    {
        lock (_lock)
        {
            complete = _head.Count > 0 && _head[0].TimestampMs <= fromMs;
            var first = FirstAfter(fromMs);
            var end = FirstAfter(toMs);
            return first >= end ? [] : _head.GetRange(first, end - first).ToArray();
        }
    }

    public Sample? NewestUpTo(long toMs)
    {
        lock (_lock)
        {
            var end = FirstAfter(toMs);
            return end == 0 ? null : _head[end - 1];
        }
    }

    public Sample[] Unflushed()
    {
        lock (_lock)
            return _head.GetRange(_flushed, _head.Count - _flushed).ToArray();
    }

    /// <summary>Notes that all samples are in chunks and lets go of those not newer than the time given.</summary>
    public int Flushed(long keepAfterMs)
    {
        lock (_lock)
        {
            var gone = FirstAfter(keepAfterMs);
            _head.RemoveRange(0, gone);
            _head.TrimExcess();
            _flushed = _head.Count;
            HasChunks = true;
            return gone;
        }
    }

    public bool IsEmptyAndOlder(long beforeMs)
    {
        lock (_lock)
            return _head.Count == _flushed && WriterNewest < beforeMs && (_head.Count == 0 || _head[^1].TimestampMs < beforeMs);
    }

    private int FirstAfter(long timestampMs)
    {
        var (low, high) = (0, _head.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_head[middle].TimestampMs > timestampMs)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}
