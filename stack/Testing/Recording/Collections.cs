using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Testing.Recording;

/// <summary>
/// Which instances were collected as a whole since a moment. A sample bears the time at which its metric was read, and metrics are read one
/// after another: the first collection with a newer time may have read a counter before that moment, the one after it has read all since.
/// </summary>
internal sealed class Collections
{
    private readonly Dictionary<string, double> _first = new(StringComparer.Ordinal);

    /// <summary>Whether each instance was, by the time of its newest sample in milliseconds since the Unix epoch.</summary>
    public bool Cover(IEnumerable<VectorSample> newest, DateTimeOffset since)
        => newest.Aggregate(true, (covered, sample) => Covers(sample, since.ToUnixTimeMilliseconds()) && covered);

    private bool Covers(VectorSample sample, long since)
    {
        var instance = sample.Key;
        if (_first.TryGetValue(instance, out var first) && first > since)
            return sample.Value > first;
        if (sample.Value > since)
            _first[instance] = sample.Value;
        return false;
    }
}
