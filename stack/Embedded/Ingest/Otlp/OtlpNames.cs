using System.Text;

namespace MicroMonitored.Embedded.Ingest.Otlp;

/// <summary>
/// Names as Prometheus' OTLP receiver writes them by default (<c>UnderscoreEscapingWithSuffixes</c>),
/// after https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/.
/// </summary>
internal static class OtlpNames
{
    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        ["d"] = "days",
        ["h"] = "hours",
        ["min"] = "minutes",
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["By"] = "bytes",
        ["KiBy"] = "kibibytes",
        ["MiBy"] = "mebibytes",
        ["GiBy"] = "gibibytes",
        ["TiBy"] = "tibibytes",
        ["KBy"] = "kilobytes",
        ["MBy"] = "megabytes",
        ["GBy"] = "gigabytes",
        ["TBy"] = "terabytes",
        ["m"] = "meters",
        ["V"] = "volts",
        ["A"] = "amperes",
        ["J"] = "joules",
        ["W"] = "watts",
        ["g"] = "grams",
        ["Cel"] = "celsius",
        ["Hz"] = "hertz",
        ["1"] = "",
        ["%"] = "percent",
    };

    private static readonly Dictionary<string, string> PerUnits = new(StringComparer.Ordinal)
    {
        ["s"] = "second",
        ["m"] = "minute",
        ["h"] = "hour",
        ["d"] = "day",
        ["w"] = "week",
        ["mo"] = "month",
        ["y"] = "year",
    };

    /// <summary>The metric's name with its unit, and <c>_total</c> or <c>_ratio</c> where one is due.</summary>
    public static string Metric(string name, string unit, bool isMonotonicSum, bool isGauge)
    {
        var tokens = Tokens(name);
        var slash = unit.IndexOf('/', StringComparison.Ordinal);
        var main = (slash < 0 ? unit : unit[..slash]).Trim();
        var per = slash < 0 ? "" : unit[(slash + 1)..].Trim();
        if (main.Length > 0 && !main.Contains('{', StringComparison.Ordinal))
            AddUnit(tokens, Units.GetValueOrDefault(main, main));
        if (per.Length > 0 && !per.Contains('{', StringComparison.Ordinal))
        {
            var word = string.Join('_', Tokens(PerUnits.GetValueOrDefault(per, per)));
            if (word.Length > 0 && !tokens.Contains(word))
            {
                if (tokens.LastOrDefault() != "per")
                    tokens.Add("per");
                tokens.Add(word);
            }
        }

        if (isMonotonicSum)
            MoveLast(tokens, "total");
        if (isGauge && unit == "1")
            MoveLast(tokens, "ratio");

        var result = string.Join('_', tokens);
        return result.Length == 0 ? "_" : char.IsAsciiDigit(result[0]) ? "_" + result : result;
    }

    /// <summary>A label name: every other character becomes <c>_</c>.</summary>
    public static string Label(string name)
    {
        if (name.Length == 0)
            return "_";
        var result = new StringBuilder(name.Length + 4);
        if (char.IsAsciiDigit(name[0]))
            result.Append("key_");
        foreach (var character in name)
            result.Append(char.IsAsciiLetterOrDigit(character) ? character : '_');
        return result.ToString();
    }

    private static void AddUnit(List<string> tokens, string unit)
    {
        var word = string.Join('_', Tokens(unit));
        if (word.Length > 0 && !tokens.Contains(word))
            tokens.Add(word);
    }

    private static void MoveLast(List<string> tokens, string word)
    {
        tokens.Remove(word);
        tokens.Add(word);
    }

    private static List<string> Tokens(string name)
    {
        var tokens = new List<string>();
        var start = 0;
        for (var i = 0; i <= name.Length; i++)
        {
            if (i < name.Length && (char.IsAsciiLetterOrDigit(name[i]) || name[i] == ':'))
                continue;
            if (i > start)
                tokens.Add(name[start..i]);
            start = i + 1;
        }

        return tokens;
    }
}
