using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>Takes labels out of lines the way Loki's parsers do.</summary>
internal static class LogParsers
{
    private const int MaxLabels = 500;

    /// <summary>Nested objects are joined by <c>_</c>; arrays and nulls are left out.</summary>
    public static void Json(LogLine line) => OfObject(line, root =>
    {
        var left = MaxLabels;
        Flatten(line, root, "", ref left);
    });

    // A string with an unpaired surrogate parses but cannot be read.
    private static void OfObject(LogLine line, Action<JsonElement> read)
    {
        try
        {
            using var document = JsonDocument.Parse(line.Text);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                read(document.RootElement);
            else
                line.Fail("JSONParserErr");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            line.Fail("JSONParserErr");
        }
    }

    private static void Flatten(LogLine line, JsonElement element, string prefix, ref int left)
    {
        foreach (var property in element.EnumerateObject())
        {
            if (left <= 0)
                return;

            var name = prefix.Length == 0 ? Sanitize(property.Name) : $"{prefix}_{Sanitize(property.Name, first: false)}";
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.Object:
                    Flatten(line, property.Value, name, ref left);
                    break;
                case JsonValueKind.String:
                    left--;
                    line.AddParsed(name, property.Value.GetString()!);
                    break;
                case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                    left--;
                    line.AddParsed(name, property.Value.GetRawText());
                    break;
            }
        }
    }

    /// <summary><c>| json a="b.c[0]"</c>: each path becomes a label, an empty one where nothing is found.</summary>
    public static Action<LogLine> JsonPaths(IReadOnlyList<(string Label, IReadOnlyList<object> Path)> labels) => line => OfObject(line, root =>
    {
        foreach (var (label, path) in labels)
            line.AddParsed(label, Follow(root, path));
    });

    private static string Follow(JsonElement element, IReadOnlyList<object> path)
    {
        foreach (var step in path)
        {
            switch (step)
            {
                case string name when element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member):
                    element = member;
                    break;
                case int index when element.ValueKind == JsonValueKind.Array && index < element.GetArrayLength():
                    element = element[index];
                    break;
                default:
                    return "";
            }
        }

        return element.ValueKind switch
        {
            JsonValueKind.String => element.GetString()!,
            JsonValueKind.Null => "",
            _ => element.GetRawText(),
        };
    }

    /// <summary>Reads <c>a.b[0]["c d"]</c>.</summary>
    public static IReadOnlyList<object> Path(string text, int offset)
    {
        var path = new List<object>();
        for (var i = 0; i < text.Length;)
        {
            if (text[i] == '[')
            {
                i++;
                if (i < text.Length && text[i] == '"' && QuotedText.TryRead(text, ref i, out var name, out _))
                {
                    path.Add(name);
                }
                else
                {
                    var digits = i;
                    while (i < text.Length && char.IsAsciiDigit(text[i]))
                        i++;
                    if (!int.TryParse(text.AsSpan(digits, i - digits), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                        throw Bad();
                    path.Add(index);
                }

                if (i >= text.Length || text[i++] != ']')
                    throw Bad();
                continue;
            }

            if (text[i] == '.' && path.Count > 0)
                i++;
            var start = i;
            while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] is '_' or '-'))
                i++;
            if (i == start)
                throw Bad();
            path.Add(text[start..i]);
        }

        return path.Count > 0 ? path : throw Bad();

        QuerySyntaxException Bad() => new($"cannot parse expression [{text}]: expecting a path such as a.b[0]", offset);
    }

    /// <summary><c>| unpack</c>: the texts of a packed line; <c>_entry</c> becomes the line.</summary>
    public static void Unpack(LogLine line) => OfObject(line, root =>
    {
        foreach (var property in root.EnumerateObject().Where(static property => property.Value.ValueKind == JsonValueKind.String))
        {
            if (property.Name == "_entry")
                line.Text = property.Value.GetString()!;
            else
                line.AddParsed(Sanitize(property.Name), property.Value.GetString()!);
        }
    });

    /// <summary><c>| regexp "…"</c>: the named groups of the first match.</summary>
    public static Action<LogLine> Expression(string text, int offset)
    {
        var pattern = Patterns.Anywhere(Go(text), offset);
        var names = pattern.GetGroupNames().Where(static name => !char.IsAsciiDigit(name[0])).ToList();
        if (names.Count == 0)
            throw new QuerySyntaxException("at least one named capture must be supplied", offset);
        if (Regex.Count(text, @"\(\?P?<([A-Za-z_]\w*)>") > names.Count)
            throw new QuerySyntaxException("duplicate extracted label name", offset);
        return line =>
        {
            var match = pattern.Match(line.Text);
            foreach (var name in match.Success ? names : [])
                line.AddParsed(Sanitize(name), match.Groups[name].Value);
        };
    }

    /// <summary>A regular expression of Go as .NET writes it.</summary>
    public static string Go(string pattern) => pattern.Replace("(?P<", "(?<", StringComparison.Ordinal);

    /// <summary>Turns a key into a label name.</summary>
    public static string Sanitize(string key, bool first = true)
    {
        key = key.Trim();
        if (first && key.Length > 0 && char.IsAsciiDigit(key[0]))
            key = "_" + key;
        return string.Create(key.Length, key, static (target, source) =>
        {
            for (var i = 0; i < source.Length; i++)
                target[i] = char.IsAsciiLetterOrDigit(source[i]) ? source[i] : '_';
        });
    }

    /// <summary><c>| logfmt</c>; what is no pair is passed over, or with <paramref name="strict"/> fails the line.</summary>
    public static Action<LogLine> Logfmt(bool strict, bool keepEmpty) => line =>
    {
        var left = MaxLabels;
        foreach (var (name, value) in Pairs(line.Text, out var torn))
        {
            if (strict && torn)
            {
                line.Fail("LogfmtParserErr", "a quoted value does not end");
                return;
            }

            if (left-- <= 0)
                return;
            if (value.Length > 0 || keepEmpty)
                line.AddParsed(Sanitize(name), value);
        }
    };

    /// <summary><c>| logfmt a="b"</c>: each key becomes a label, an empty one where the line has none.</summary>
    public static Action<LogLine> LogfmtKeys(bool strict, IReadOnlyList<(string Label, string Key)> labels) => line =>
    {
        var pairs = Pairs(line.Text, out var torn);
        if (strict && torn)
        {
            line.Fail("LogfmtParserErr", "a quoted value does not end");
            return;
        }

        foreach (var (label, key) in labels)
            line.AddParsed(label, pairs.Find(pair => Sanitize(pair.Key) == key).Value ?? "");
    };

    /// <summary>The <c>key=value</c> pairs of a logfmt text; <paramref name="torn"/> tells of a quote that never closes.</summary>
    public static List<KeyValuePair<string, string>> Pairs(string text, out bool torn)
    {
        torn = false;
        var pairs = new List<KeyValuePair<string, string>>();
        var i = 0;
        while (i < text.Length)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }

            var start = i;
            while (i < text.Length && text[i] != '=' && !char.IsWhiteSpace(text[i]))
                i++;
            var name = text[start..i];
            if (i >= text.Length || text[i] != '=')
            {
                pairs.Add(new(name, ""));
                continue;
            }

            i++;
            if (i < text.Length && text[i] == '"')
            {
                if (QuotedText.TryRead(text, ref i, out var quoted, out _))
                {
                    pairs.Add(new(name, quoted));
                    continue;
                }

                torn = true;
                break;
            }

            start = i;
            while (i < text.Length && !char.IsWhiteSpace(text[i]))
                i++;
            if (name.Length > 0)
                pairs.Add(new(name, text[start..i]));
        }

        return pairs;
    }

    private static readonly Regex Colour = new(@"[\u001b\u009b][\[()#;?]*(?:[0-9]{1,4}(?:;[0-9]{0,4})*)?[0-9A-ORZcf-nqry=><]", RegexOptions.NonBacktracking);

    /// <summary><c>| decolorize</c></summary>
    public static void Decolorize(LogLine line) => line.Text = Colour.Replace(line.Text, "");

    /// <summary>Reads a value as a number of its unit: durations in seconds, sizes in whole bytes.</summary>
    public static bool TryConvert(string text, LogUnit unit, out double value, out string error)
    {
        switch (unit)
        {
            case LogUnit.Seconds:
                var unknown = text.LastIndexOfAny(['d', 'w', 'y']);
                error = text.Length > 0 && text.All(static c => char.IsAsciiDigit(c) || c == '.') ? $"time: missing unit in duration \"{text}\""
                    : unknown > 0 && char.IsAsciiDigit(text[unknown - 1]) ? $"time: unknown unit \"{text[unknown]}\" in duration \"{text}\""
                    : $"time: invalid duration \"{text}\"";
                return TryGoDuration(text, out value);
            case LogUnit.Bytes:
                error = $"strconv.ParseFloat: parsing \"{string.Concat(text.TakeWhile(static c => char.IsAsciiDigit(c) || c is '.' or ','))}\": invalid syntax";
                var read = TryBytes(text, out value);
                value = Math.Floor(value);
                return read;
            default:
                error = $"strconv.ParseFloat: parsing \"{text}\": invalid syntax";
                return Quantities.TryNumber(text, out value);
        }
    }

    /// <summary>A duration as Go reads it, in seconds: signs are allowed, days and weeks are not.</summary>
    public static bool TryGoDuration(string text, out double seconds)
    {
        seconds = 0;
        var bare = text is ['-' or '+', ..] ? text[1..] : text;
        if (bare == "0")
            return true;
        if (bare.AsSpan().IndexOfAny('d', 'w', 'y') >= 0 || !Quantities.TryDuration(bare, out var milliseconds))
            return false;
        seconds = (text[0] == '-' ? -1 : 1) * milliseconds / 1000;
        return true;
    }

    /// <summary>Reads <c>10KB</c>, <c>1.5 MiB</c>, <c>2,048</c>, <c>42B</c>.</summary>
    public static bool TryBytes(string text, out double bytes)
    {
        var digits = text.TakeWhile(static c => char.IsAsciiDigit(c) || c is '.' or ',').Count();
        double factor = text[digits..].Trim().ToLowerInvariant() switch
        {
            "" or "b" => 1,
            "kb" or "k" => 1e3,
            "mb" or "m" => 1e6,
            "gb" or "g" => 1e9,
            "tb" or "t" => 1e12,
            "pb" or "p" => 1e15,
            "eb" or "e" => 1e18,
            "kib" or "ki" => 1024,
            "mib" or "mi" => 1 << 20,
            "gib" or "gi" => 1 << 30,
            "tib" or "ti" => 1L << 40,
            "pib" or "pi" => 1L << 50,
            "eib" or "ei" => 1L << 60,
            _ => 0,
        };
        var number = text[..digits].Replace(",", "", StringComparison.Ordinal);
        var read = double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount);
        bytes = amount * factor;
        return read && factor > 0;
    }
}
