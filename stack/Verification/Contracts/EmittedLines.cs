using System.Text;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Contracts;

/// <summary>One log line, as far as a contract tells lines apart.</summary>
/// <param name="Fields">Names of structured fields, those that every line has among them.</param>
internal sealed record EmittedLine(string Service, string Template, string Level, IEnumerable<string> Fields);

/// <summary>Log lines as items of a contract: those of one template are one.</summary>
internal static class EmittedLines
{
    // Every line has these, and a connection's id comes from a scope by chance.
    private static readonly HashSet<string> Common =
        new(["timestamp", "level", "service", "category", "trace_id", "span_id", "message", "ConnectionId"], StringComparer.Ordinal);

    public static IEnumerable<EmittedItem> Of(IReadOnlyList<StoredLine> lines)
        => Of(lines.Select(line => (Service: line.Labels.GetValueOrDefault("job", ""), Fields: LogLines.Fields(line)))
            .Select(line => new EmittedLine(line.Service, Template(line.Fields), line.Fields.GetValueOrDefault("level", ""), line.Fields.Keys)));

    public static IEnumerable<EmittedItem> Of(IEnumerable<EmittedLine> lines)
        => lines.GroupBy(line => (line.Service, line.Template))
            .Select(kind => new EmittedItem(
                kind.Key.Service, EmittedSignal.Log, kind.Key.Template,
                new Dictionary<string, string> { ["level"] = string.Join('|', kind.Select(line => line.Level).Distinct().Order(StringComparer.Ordinal)) },
                kind.SelectMany(line => line.Fields).Distinct().Where(field => !Common.Contains(field))
                    .ToDictionary(field => field, _ => "field", StringComparer.Ordinal),
                []));

    /// <summary>The message with its fields' names in place of their values; a number that is no field's value is <c>{number}</c>.</summary>
    internal static string Template(IReadOnlyDictionary<string, string> fields)
    {
        var message = fields.GetValueOrDefault("message", "");
        var values = fields.Where(field => !Common.Contains(field.Key) && field.Value.Length > 0)
            .OrderByDescending(field => field.Value.Length).ThenBy(field => field.Key, StringComparer.Ordinal).ToList();
        var template = new StringBuilder();
        for (var at = 0; at < message.Length;)
        {
            var isStart = at == 0 || !char.IsLetterOrDigit(message[at - 1]) || !char.IsLetterOrDigit(message[at]);
            var field = isStart ? values.Find(value => IsAt(message, at, value.Value)) : default;
            if (field.Value is { Length: > 0 } found)
            {
                template.Append('{').Append(field.Key).Append('}');
                at += found.Length;
            }
            else if (isStart && char.IsAsciiDigit(message[at]))
            {
                while (at < message.Length && (char.IsAsciiDigit(message[at])
                    || (message[at] is '.' or ',' && at + 1 < message.Length && char.IsAsciiDigit(message[at + 1]))))
                    at++;
                template.Append("{number}");
            }
            else
            {
                template.Append(message[at++]);
            }
        }

        return template.ToString();
    }

    private static bool IsAt(string message, int at, string value)
        => string.CompareOrdinal(message, at, value, 0, value.Length) == 0
            && (at + value.Length == message.Length || !char.IsLetterOrDigit(message[at + value.Length]) || !char.IsLetterOrDigit(value[^1]));
}
