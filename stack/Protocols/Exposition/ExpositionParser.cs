namespace MicroMonitored.Protocols.Exposition;

/// <summary>
/// Parses the Prometheus text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/)
/// and OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/).
/// </summary>
/// <remarks>
/// Values of <c>le</c> and <c>quantile</c> are written as Prometheus 3 writes them (<c>1</c> becomes <c>1.0</c>), so that both formats
/// give the same series. Quoted UTF-8 names are understood in both.
/// </remarks>
public sealed partial class ExpositionParser
{
    private const int MaxLabels = 128;
    private const int MaxLabelLength = 64 * 1024;
    private static readonly MetricMetadata Unknown = new("unknown", "", "");

    private readonly string _text;
    private readonly bool _openMetrics;
    private readonly int _sampleLimit;
    private readonly List<ScrapedSample> _samples = [];
    private readonly Dictionary<string, MetricMetadata> _metadata = new(StringComparer.Ordinal);
    private string _family = "";
    private string _familyType = "";
    private int _position;
    private int _line;

    private ExpositionParser(string text, bool openMetrics, int sampleLimit)
    {
        _text = text;
        _openMetrics = openMetrics;
        _sampleLimit = sampleLimit;
    }

    /// <summary>Reads a whole scrape, strictly.</summary>
    /// <exception cref="ExpositionException">The text is not valid, or holds more samples than the limit.</exception>
    public static ParsedScrape Parse(string text, bool openMetrics, int sampleLimit = int.MaxValue)
    {
        var parser = new ExpositionParser(text, openMetrics, sampleLimit);
        parser.Parse();
        return new ParsedScrape(parser._samples, parser._metadata);
    }

    /// <summary>The samples whose name is <paramref name="wanted"/>, in either format; lines that are not valid are passed over.</summary>
    public static IReadOnlyList<ScrapedSample> Read(string text, Func<string, bool> wanted)
    {
        var parser = new ExpositionParser(text, text.AsSpan().TrimEnd().EndsWith("# EOF"), int.MaxValue);
        for (var start = 0; start < text.Length;)
        {
            parser._position = start;
            parser.SkipBlanks();
            try
            {
                if (parser.Current is not ('#' or '\n' or '\r'))
                    parser.SampleLine(wanted);
            }
            catch (ExpositionException)
            {
            }

            var end = text.IndexOf('\n', start);
            start = end < 0 ? text.Length : end + 1;
        }

        return parser._samples;
    }

    private void Parse()
    {
        while (_position < _text.Length)
        {
            _line++;
            if (!_openMetrics)
                SkipBlanks();
            if (_position == _text.Length)
                return;
            if (Current == '\n' || (!_openMetrics && Current == '\r'))
            {
                if (_openMetrics)
                    throw Fault("empty line");
                EndOfLine();
            }
            else if (Current == '#')
            {
                if (Comment())
                {
                    if (_position != _text.Length)
                        throw Fault("data after # EOF");
                    return;
                }
            }
            else
            {
                SampleLine();
            }
        }

        if (_openMetrics)
            throw Fault("data does not end with # EOF");
    }

    private char Current => _position < _text.Length ? _text[_position] : '\n';

    /// <summary>A comment line; true for the end mark of OpenMetrics.</summary>
    private bool Comment()
    {
        var end = _text.IndexOf('\n', _position);
        var next = end < 0 ? _text.Length : end + 1;
        var line = _text.AsSpan(_position, (end < 0 ? _text.Length : end) - _position).TrimEnd('\r');
        _position = next;
        if (_openMetrics && line.SequenceEqual("# EOF"))
            return true;

        var keyword = Word(ref line);
        if (!keyword.SequenceEqual("#"))
            return _openMetrics ? throw Fault("a comment must be # HELP, # TYPE, # UNIT or # EOF") : false;
        keyword = Word(ref line);
        if (!(keyword.SequenceEqual("TYPE") || keyword.SequenceEqual("HELP") || (_openMetrics && keyword.SequenceEqual("UNIT"))))
            return _openMetrics ? throw Fault("a comment must be # HELP, # TYPE, # UNIT or # EOF") : false;

        var name = Name(ref line);
        var rest = line.TrimStart(" \t").ToString();
        if (name.Length == 0)
            throw Fault($"{keyword} without a metric name");
        if (_metadata.Count >= _sampleLimit)
            throw Fault("sample limit exceeded");
        var known = _metadata.GetValueOrDefault(name, Unknown);
        switch (keyword[0])
        {
            case 'T':
                var type = rest.Trim();
                if (type is not ("counter" or "gauge" or "histogram" or "summary" or "untyped" or "unknown" or "info" or "stateset" or "gaugehistogram"))
                    throw Fault($"invalid metric type \"{Shorten(type)}\"");
                (_family, _familyType) = (name, type == "untyped" ? "unknown" : type);
                known = known with { Type = _familyType };
                break;
            case 'U': known = known with { Unit = rest.Trim() }; break;
            default: known = known with { Help = Unescape(rest, quotes: _openMetrics) }; break;
        }

        _metadata[name] = known;
        return false;
    }

    private void SampleLine(Func<string, bool>? wanted = null)
    {
        var start = _position;
        var name = MetricName();
        if (wanted is not null && name.Length > 0 && !wanted(name))
            return;
        var labels = new List<KeyValuePair<string, string>>(8) { new("__name__", "") };
        SkipBlanks();
        if (Current == '{')
        {
            _position++;
            name = LabelSet(labels, name);
        }

        if (name.Length == 0)
            throw Fault("a sample without a metric name");
        if (wanted is not null && !wanted(name))
            return;
        labels[0] = new("__name__", name);
        Normalize(labels, name);
        var seriesText = _text[start.._position].TrimEnd();

        var value = Number();
        SkipBlanks();
        long? timestamp = null;
        if (Current is not ('\n' or '\r' or '#'))
        {
            timestamp = Timestamp();
            SkipBlanks();
        }

        ScrapedExemplar? exemplar = null;
        if (Current == '#' && (_openMetrics || wanted is not null))
            exemplar = Exemplar();
        EndOfLine();
        if (_samples.Count >= _sampleLimit)
            throw Fault("sample limit exceeded");
        _samples.Add(new ScrapedSample(seriesText, labels, value, timestamp, exemplar));
    }

    private ScrapedExemplar Exemplar()
    {
        _position++;
        SkipBlanks();
        if (Current != '{')
            throw Fault("an exemplar must start with {");
        _position++;
        var labels = new List<KeyValuePair<string, string>>(2);
        if (LabelSet(labels, "exemplar") != "exemplar")
            throw Fault("an exemplar has no name");
        var value = Number();
        SkipBlanks();
        long? timestamp = Current is '\n' or '\r' ? null : Timestamp();
        return new ScrapedExemplar(labels, value, timestamp);
    }

    /// <summary>Reads up to the closing brace; gives the metric name, which may stand quoted among the labels.</summary>
    private string LabelSet(List<KeyValuePair<string, string>> labels, string name)
    {
        while (true)
        {
            SkipBlanks();
            if (Current == '}')
            {
                _position++;
                return name;
            }

            string label;
            if (Current == '"')
            {
                label = Quoted();
                SkipBlanks();
                if (Current is ',' or '}')
                {
                    if (name.Length > 0)
                        throw Fault("a sample has two metric names");
                    name = label;
                    if (Current == ',')
                        _position++;
                    continue;
                }
            }
            else
            {
                label = LabelName();
            }

            SkipBlanks();
            if (label.Length == 0 || Current != '=')
                throw Fault($"expected a label name and =, got {Quote(Current)}");
            _position++;
            SkipBlanks();
            if (Current != '"')
                throw Fault($"expected a quoted label value, got {Quote(Current)}");
            var value = Quoted();
            if (labels.Count > MaxLabels)
                throw Fault("label limit exceeded");
            for (var i = 0; i < labels.Count; i++)
                if (labels[i].Key == label)
                    throw Fault($"label name \"{Shorten(label)}\" is not unique");
            labels.Add(new(label, value));
            SkipBlanks();
            if (Current == ',')
                _position++;
            else if (Current != '}')
                throw Fault($"expected , or }} after a label, got {Quote(Current)}");
        }
    }

    private void Normalize(List<KeyValuePair<string, string>> labels, string name)
    {
        var label = _familyType switch
        {
            "histogram" or "gaugehistogram" => "le",
            "summary" => "quantile",
            _ => null,
        };
        if (label is null || !name.StartsWith(_family, StringComparison.Ordinal))
            return;
        for (var i = 1; i < labels.Count; i++)
            if (labels[i].Key == label && TryNumber(labels[i].Value, out var value))
                labels[i] = new(label, PrometheusFloat.Format(value));
    }
}
