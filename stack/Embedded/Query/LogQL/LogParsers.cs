using System.Globalization;
using System.Text.Json;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>Takes labels out of lines the way Loki's parsers do.</summary>
internal static class LogParsers
{
    private const int MaxLabels = 500;

    /// <summary>Nested objects are joined by <c>_</c>; arrays and nulls are left out.</summary>
    public static void Json(LogLine line)
    {
        try
        {
            using var document = JsonDocument.Parse(line.Text);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                line.Fail("JSONParserErr");
                return;
            }

            var left = MaxLabels;
            Flatten(line, document.RootElement, "", ref left);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // A string with an unpaired surrogate parses but cannot be read.
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

    public static void Logfmt(LogLine line)
    {
        var left = MaxLabels;
        foreach (var (name, value) in Pairs(line.Text, out var torn))
        {
            if (left-- <= 0)
                return;
            if (value.Length > 0)
                line.AddParsed(Sanitize(name), value);
            _ = torn;
        }
    }

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
                if (Quantities.TryQuoted(text, ref i, out var quoted, out _))
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

    /// <summary>Reads <c>10KB</c>, <c>1.5MiB</c>, <c>42B</c>.</summary>
    public static bool TryBytes(string text, out double bytes)
    {
        var digits = text.TakeWhile(static c => char.IsAsciiDigit(c) || c == '.').Count();
        double factor = text[digits..].ToLowerInvariant() switch
        {
            "" or "b" => 1,
            "kb" => 1e3,
            "mb" => 1e6,
            "gb" => 1e9,
            "tb" => 1e12,
            "kib" => 1024,
            "mib" => 1024 * 1024,
            "gib" => 1024 * 1024 * 1024,
            "tib" => 1024.0 * 1024 * 1024 * 1024,
            _ => 0,
        };
        var read = double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount);
        bytes = amount * factor;
        return read && factor > 0;
    }
}
