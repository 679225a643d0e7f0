using System.Globalization;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Ingest.Generator;

/// <summary>Counters and one histogram of the same labels, as they grow since the engine started.</summary>
/// <param name="labels">The labels without a metric's name.</param>
/// <param name="counters">The names of the counters.</param>
/// <param name="histograms">The names of the histograms with their bounds in seconds.</param>
internal sealed class GeneratedSeries(
    KeyValuePair<string, string>[] labels, IReadOnlyList<string> counters, IReadOnlyList<(string Name, double[] Bounds)> histograms)
{
    private readonly double[] _counts = new double[counters.Count];
    private readonly bool[] _seen = new bool[counters.Count];
    private readonly Histogram[] _histograms = [.. histograms.Select(static one => new Histogram(one.Name, one.Bounds))];
    private bool _written;

    /// <summary>When it last grew, in milliseconds since the Unix epoch.</summary>
    public long GrewMs { get; private set; }

    public void Count(int counter, double by, long nowMs)
    {
        _counts[counter] += by;
        _seen[counter] = true;
        GrewMs = nowMs;
    }

    public void Observe(int histogram, double seconds, string traceId, long nowMs) => _histograms[histogram].Observe(seconds, traceId, nowMs);

    /// <summary>Its samples now; before the first of them a zero, so that growth counts from the first span on.</summary>
    public void Write(long nowMs, List<NewSample> into)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            if (_seen[i])
                Sample(counters[i], [], _counts[i], null);
        }

        foreach (var histogram in _histograms)
        {
            double sum = 0;
            for (var i = 0; i <= histogram.Bounds.Length; i++)
            {
                sum += histogram.Buckets[i];
                var bound = i == histogram.Bounds.Length ? "+Inf" : histogram.Bounds[i].ToString(CultureInfo.InvariantCulture);
                Sample(histogram.Name + "_bucket", [new("le", bound)], sum, histogram.Take(i));
            }

            Sample(histogram.Name + "_count", [], sum, null);
            Sample(histogram.Name + "_sum", [], histogram.Sum, null);
        }

        _written = true;

        void Sample(string name, KeyValuePair<string, string>[] more, double value, NewExemplar? exemplar)
        {
            KeyValuePair<string, string>[] all = [new("__name__", name), .. labels, .. more];
            if (!_written)
                into.Add(new(all, new(nowMs - 1, 0)));
            into.Add(new(all, new(nowMs, value), exemplar));
        }
    }

    private sealed class Histogram(string name, double[] bounds)
    {
        private (int Bucket, NewExemplar Exemplar)? _exemplar;

        public string Name => name;

        public double[] Bounds => bounds;

        public double[] Buckets { get; } = new double[bounds.Length + 1];

        public double Sum { get; private set; }

        public void Observe(double seconds, string traceId, long nowMs)
        {
            var bucket = 0;
            while (bucket < bounds.Length && seconds > bounds[bucket])
                bucket++;
            Buckets[bucket]++;
            Sum += seconds;
            _exemplar = (bucket, new(seconds, nowMs, [new("trace_id", traceId)]));
        }

        /// <summary>The newest exemplar where it is of this bucket, once.</summary>
        public NewExemplar? Take(int bucket)
        {
            if (_exemplar is not { } newest || newest.Bucket != bucket)
                return null;
            _exemplar = null;
            return newest.Exemplar;
        }
    }
}
