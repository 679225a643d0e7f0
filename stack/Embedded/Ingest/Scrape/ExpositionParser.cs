using System.Globalization;
using System.Text;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Ingest.Scrape;

/// <summary>A scrape is not valid exposition text; the message names the line.</summary>
public sealed class ExpositionException(string message) : Exception(message);

/// <summary>One exemplar of a sample; its timestamp is null where the target gives none.</summary>
public sealed record ScrapedExemplar(IReadOnlyList<KeyValuePair<string, string>> Labels, double Value, long? TimestampMs);

/// <summary>One sample of a scrape.</summary>
/// <param name="SeriesText">The series as it was written: the same text always is the same series.</param>
/// <param name="Labels">The labels, <c>__name__</c> first.</param>
/// <param name="TimestampMs">Null where the target gives none.</param>
public sealed record ScrapedSample(string SeriesText, IReadOnlyList<KeyValuePair<string, string>> Labels, double Value, long? TimestampMs, ScrapedExemplar? Exemplar);

/// <summary>Everything a target said.</summary>
public sealed record ParsedScrape(IReadOnlyList<ScrapedSample> Samples, IReadOnlyDictionary<string, MetricMetadata> Metadata);

/// <summary>
/// Parses the Prometheus text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/)
/// and OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/).
/// </summary>
/// <remarks>
/// Values of <c>le</c> and <c>quantile</c> are written as Prometheus 3 writes them (<c>1</c> becomes <c>1.0</c>), so that both formats
/// give the same series. Quoted UTF-8 names are understood in both.
/// </remarks>
public sealed class ExpositionParser
{
    private const int MaxLabels = 128;
    private const int MaxLabelLength = 64 * 1024;

    private readonly string _text;
    private readonly bool _openMetrics;
    private readonly int _sampleLimit;
    private readonly List<ScrapedSample> _samples = [];
    private readonly Dictionary<string, (string Type, string Unit, string Help)> _metadata = new(StringComparer.Ordinal);
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

    /// <summary>Reads a whole scrape.</summary>
    /// <exception cref="ExpositionException">The text is not valid, or holds more samples than the limit.</exception>
    public static ParsedScrape Parse(string text, bool openMetrics, int sampleLimit = int.MaxValue)
    {
        var parser = new ExpositionParser(text, openMetrics, sampleLimit);
        parser.Parse();
        return new ParsedScrape(
            parser._samples,
            parser._metadata.ToDictionary(entry => entry.Key, entry => new MetricMetadata(entry.Value.Type, entry.Value.Unit, entry.Value.Help), StringComparer.Ordinal));
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
        var known = _metadata.GetValueOrDefault(name, ("unknown", "", ""));
        switch (keyword[0])
        {
            case 'T':
                var type = rest.Trim();
                if (type is not ("counter" or "gauge" or "histogram" or "summary" or "untyped" or "unknown" or "info" or "stateset" or "gaugehistogram"))
                    throw Fault($"invalid metric type \"{Shorten(type)}\"");
                (_family, _familyType) = (name, type == "untyped" ? "unknown" : type);
                known.Item1 = _familyType;
                break;
            case 'U':
                known.Item2 = rest.Trim();
                break;
            default:
                known.Item3 = Unescape(rest, quotes: _openMetrics);
                break;
        }

        _metadata[name] = known;
        return false;
    }

    private void SampleLine()
    {
        var start = _position;
        var labels = new List<KeyValuePair<string, string>>(8) { new("__name__", "") };
        var name = MetricName();
        SkipBlanks();
        if (Current == '{')
        {
            _position++;
            name = LabelSet(labels, name);
        }

        if (name.Length == 0)
            throw Fault("a sample without a metric name");
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
        if (_openMetrics && Current == '#')
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

    private string MetricName()
    {
        var start = _position;
        while (_position < _text.Length && (char.IsAsciiLetterOrDigit(_text[_position]) || _text[_position] is '_' or ':'))
            _position++;
        if (_position > start && char.IsAsciiDigit(_text[start]))
            throw Fault("a metric name must not start with a digit");
        if (_position == start && Current != '{')
            throw Fault($"expected a metric name, got {Quote(Current)}");
        return _text[start.._position];
    }

    private string LabelName()
    {
        var start = _position;
        while (_position < _text.Length && (char.IsAsciiLetterOrDigit(_text[_position]) || _text[_position] == '_'))
            _position++;
        if (_position > start && char.IsAsciiDigit(_text[start]))
            throw Fault("a label name must not start with a digit");
        return _text[start.._position];
    }

    private string Quoted()
    {
        var start = ++_position;
        var escaped = false;
        while (true)
        {
            if (_position >= _text.Length || _text[_position] == '\n')
                throw Fault("a quoted text has no end");
            var character = _text[_position++];
            if (character == '"')
                break;
            if (character != '\\')
                continue;
            escaped = true;
            if (_position < _text.Length && _text[_position] != '\n')
                _position++;
        }

        if (_position - start > MaxLabelLength)
            throw Fault("label value length limit exceeded");
        var text = _text[start..(_position - 1)];
        return escaped ? Unescape(text, quotes: true) : text;
    }

    private double Number()
    {
        SkipBlanks();
        var token = Token();
        return TryNumber(token, out var value) ? value : throw Fault($"\"{Shorten(token.ToString())}\" is not a number");
    }

    private static bool TryNumber(ReadOnlySpan<char> token, out double value)
    {
        const NumberStyles styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        var digits = token.TrimStart("+-");
        if (token.Length - digits.Length <= 1)
        {
            if (digits.Equals("inf", StringComparison.OrdinalIgnoreCase) || digits.Equals("infinity", StringComparison.OrdinalIgnoreCase))
            {
                value = token[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
                return true;
            }

            if (digits.Equals("nan", StringComparison.OrdinalIgnoreCase))
            {
                value = double.NaN;
                return true;
            }

            if (digits.Length > 0 && (char.IsAsciiDigit(digits[0]) || digits[0] == '.'))
                return double.TryParse(token, styles, CultureInfo.InvariantCulture, out value);
        }

        value = 0;
        return false;
    }

    private long Timestamp()
    {
        var token = Token();
        if (!_openMetrics)
            return long.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds)
                ? milliseconds
                : throw Fault($"\"{Shorten(token.ToString())}\" is not a timestamp in milliseconds");
        return TryNumber(token, out var seconds) && Math.Abs(seconds) < 1e14
            ? (long)Math.Round(seconds * 1000)
            : throw Fault($"\"{Shorten(token.ToString())}\" is not a timestamp in seconds");
    }

    private ReadOnlySpan<char> Token()
    {
        var start = _position;
        while (_position < _text.Length && _text[_position] is not (' ' or '\t' or '\n' or '\r'))
            _position++;
        return _text.AsSpan(start, _position - start);
    }

    private void SkipBlanks()
    {
        while (_position < _text.Length && _text[_position] is ' ' or '\t')
            _position++;
    }

    private void EndOfLine()
    {
        SkipBlanks();
        if (_position < _text.Length && _text[_position] == '\r')
            _position++;
        if (_position < _text.Length && _text[_position] != '\n')
            throw Fault($"unexpected {Quote(_text[_position])} at the end of a line");
        _position++;
        _position = Math.Min(_position, _text.Length);
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

    private static ReadOnlySpan<char> Word(ref ReadOnlySpan<char> line)
    {
        line = line.TrimStart(" \t");
        var end = line.IndexOfAny(' ', '\t');
        var word = end < 0 ? line : line[..end];
        line = line[word.Length..];
        return word;
    }

    private string Name(ref ReadOnlySpan<char> line)
    {
        line = line.TrimStart(" \t");
        if (line.IsEmpty || line[0] != '"')
            return Word(ref line).ToString();
        var end = 1;
        while (end < line.Length && line[end] != '"')
            end += line[end] == '\\' ? 2 : 1;
        if (end >= line.Length)
            throw Fault("a quoted text has no end");
        var name = Unescape(line[1..end].ToString(), quotes: true);
        line = line[(end + 1)..];
        return name;
    }

    private static string Unescape(string text, bool quotes)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var next = text[i] == '\\' && i + 1 < text.Length ? text[i + 1] : '\0';
            switch (next)
            {
                case 'n':
                    result.Append('\n');
                    i++;
                    break;
                case '\\':
                    result.Append('\\');
                    i++;
                    break;
                case '"' when quotes:
                    result.Append('"');
                    i++;
                    break;
                default:
                    result.Append(text[i]);
                    break;
            }
        }

        return result.ToString();
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private static string Quote(char character) => character == '\n' ? "the end of the line" : $"\"{character}\"";

    private ExpositionException Fault(string problem) => new($"line {_line}: {problem}");
}

/// <summary>Numbers as Prometheus writes them in labels.</summary>
public static class PrometheusFloat
{
    /// <summary>The shortest text that reads back the same, always with a decimal point or an exponent: <c>1.0</c>, <c>0.005</c>, <c>1e+06</c>, <c>+Inf</c>.</summary>
    public static string Format(double value)
    {
        if (double.IsNaN(value))
            return "NaN";
        if (double.IsInfinity(value))
            return value > 0 ? "+Inf" : "-Inf";
        if (value == 0)
            return double.IsNegative(value) ? "-0.0" : "0.0";

        var text = value.ToString("E16", CultureInfo.InvariantCulture);
        for (var precision = 0; precision < 17; precision++)
        {
            var shorter = value.ToString($"E{precision}", CultureInfo.InvariantCulture);
            if (double.Parse(shorter, CultureInfo.InvariantCulture).Equals(value))
            {
                text = shorter;
                break;
            }
        }

        var mark = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent is < -4 or >= 6)
            return string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, mark)}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        var plain = value.ToString("R", CultureInfo.InvariantCulture);
        return plain.Contains('.', StringComparison.Ordinal) ? plain : plain + ".0";
    }
}
