namespace MicroMonitored.Verification.Canaries;

/// <summary>Follows the numbers of one signal from being sent to being seen.</summary>
/// <param name="lateAfter">How long a number may take before it is late.</param>
/// <param name="deadline">How long it may take before it is lost.</param>
internal sealed class CanaryTrack(string signal, TimeSpan lateAfter, TimeSpan deadline, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, long> _open = [];
    private readonly List<TimeSpan> _delays = [];
    private readonly HashSet<string> _duplicates = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unexpected = new(StringComparer.Ordinal);
    private int _next;
    private int _sent;
    private int _refused;
    private int _late;
    private int _outOfOrder;
    private int _excess;
    private string? _problem;

    /// <summary>The numbers not seen yet, oldest first.</summary>
    public IReadOnlyList<int> Open
    {
        get
        {
            lock (_gate)
                return [.. _open.Keys];
        }
    }

    /// <summary>The next number is under way as of now; answers it.</summary>
    public int Send()
    {
        lock (_gate)
        {
            _sent++;
            _open[_next] = time.GetTimestamp();
            return _next++;
        }
    }

    /// <summary>A number was not taken.</summary>
    public void Refuse(int number, string problem)
    {
        lock (_gate)
        {
            _refused += _open.Remove(number) ? 1 : 0;
            _problem = problem;
        }
    }

    /// <summary>A number was not sent after all.</summary>
    public void Withdraw(int number)
    {
        lock (_gate)
            _sent -= _open.Remove(number) ? 1 : 0;
    }

    public void See(int number)
    {
        lock (_gate)
        {
            if (!_open.Remove(number, out var since))
                return;
            var delay = time.GetElapsedTime(since);
            _delays.Add(delay);
            if (delay > lateAfter)
                _late++;
        }
    }

    /// <summary>That many have been counted, whichever they were: the oldest ones.</summary>
    public void SeeCount(int count)
    {
        lock (_gate)
        {
            foreach (var number in _open.Keys.Take(count - _delays.Count).ToList())
                See(number);
            _excess = Math.Max(0, count - _delays.Count - _open.Count);
        }
    }

    public void Fault(IEnumerable<string> duplicates, IEnumerable<string> unexpected, int outOfOrder)
    {
        lock (_gate)
        {
            _duplicates.UnionWith(duplicates);
            _unexpected.UnionWith(unexpected);
            _outOfOrder = Math.Max(_outOfOrder, outOfOrder);
        }
    }

    public CanarySignal State()
    {
        lock (_gate)
        {
            var ages = _open.Values.Select(since => time.GetElapsedTime(since)).ToList();
            var lost = ages.Count(age => age > deadline);
            var young = ages.Count(age => age <= lateAfter);
            return new CanarySignal(
                signal,
                _sent,
                young,
                _late + ages.Count - lost - young,
                lost + _refused,
                _duplicates.Count,
                _outOfOrder,
                _unexpected.Count + _excess,
                DelayHistogram.Of(_delays),
                _problem);
        }
    }
}
