using System.Globalization;
using System.Text;

namespace MicroMonitored.Verification.Clients;

/// <summary>One sample of a text exposition.</summary>
internal sealed record ExposedSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>Reads samples of the Prometheus text format 0.0.4 and of OpenMetrics 1.0 (exemplars and timestamps are passed over).</summary>
internal static class ExpositionText
{
    /// <summary>The samples whose name <paramref name="wanted"/> accepts; lines that cannot be read are passed over.</summary>
    public static IReadOnlyList<ExposedSample> Read(string text, Func<string, bool> wanted)
    {
        var samples = new List<ExposedSample>();
        foreach (var raw in text.AsSpan().EnumerateLines())
        {
            var line = raw.Trim();
            if (line.IsEmpty || line[0] == '#')
                continue;
            var end = line.IndexOfAny('{', ' ', '\t');
            if (end <= 0)
                continue;
            var name = line[..end].ToString();
            if (!wanted(name))
                continue;
            var labels = new Dictionary<string, string>(StringComparer.Ordinal);
            var rest = line[end..];
            if (rest[0] == '{')
            {
                var length = ReadLabels(rest, labels);
                if (length < 0)
                    continue;
                rest = rest[length..];
            }
            rest = rest.TrimStart();
            var stop = rest.IndexOfAny(' ', '\t');
            var number = stop < 0 ? rest : rest[..stop];
            if (TryNumber(number, out var value))
                samples.Add(new ExposedSample(name, labels, value));
        }
        return samples;
    }

    private static int ReadLabels(ReadOnlySpan<char> text, Dictionary<string, string> labels)
    {
        var at = 1;
        while (at < text.Length)
        {
            while (at < text.Length && text[at] is ' ' or ',')
                at++;
            if (at < text.Length && text[at] == '}')
                return at + 1;
            var equals = text[at..].IndexOf('=');
            if (equals <= 0 || at + equals + 1 >= text.Length || text[at + equals + 1] != '"')
                return -1;
            var name = text.Slice(at, equals).Trim().ToString();
            at += equals + 2;
            var value = new StringBuilder();
            while (at < text.Length && text[at] != '"')
            {
                if (text[at] == '\\' && at + 1 < text.Length)
                {
                    at++;
                    value.Append(text[at] == 'n' ? '\n' : text[at]);
                }
                else
                {
                    value.Append(text[at]);
                }
                at++;
            }
            if (at >= text.Length)
                return -1;
            at++;
            labels[name] = value.ToString();
        }
        return -1;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out double value)
    {
        switch (text)
        {
            case "+Inf": value = double.PositiveInfinity; return true;
            case "-Inf": value = double.NegativeInfinity; return true;
            case "NaN": value = double.NaN; return true;
            default: return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        }
    }
}
