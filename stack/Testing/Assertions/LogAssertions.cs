using System.Text.RegularExpressions;
using MicroMonitored.Testing.Recording;
using Microsoft.Extensions.Logging;

namespace MicroMonitored.Testing.Assertions;

/// <summary>What the log lines of a trace must hold.</summary>
public sealed partial class LogAssertions
{
    private readonly RecordedTelemetry _left;

    internal LogAssertions(RecordedTelemetry left) => _left = left;

    /// <summary>Goes on with the same lines.</summary>
    public LogAssertions And => this;

    /// <summary>A line of that level contains the message.</summary>
    /// <param name="level">Its level.</param>
    /// <param name="message">
    /// Text of the message; <c>{order_id}</c> stands for the value of the line's field of that name, <c>*</c> for any characters.
    /// </param>
    /// <param name="fields">Fields that it has, besides, with their values.</param>
    public LogAssertions Contain(LogLevel level, string message, params (string Field, string Value)[] fields)
    {
        var with = string.Concat(fields.Select(field => $" with {field.Field}={field.Value}"));
        _left.Expect(snapshot => snapshot.Lines.Any(line => line.Level == level && Fits(line, message) && Differing(line, message, fields) is null) ? null
            : Missing(snapshot, level, message, fields, $"a line of level {level}: \"{message}\"{with}"));
        return this;
    }

    /// <summary>No line contains the text, neither in its message nor in a field, and none with it arrives within the window.</summary>
    public LogAssertions NotContain(string text)
    {
        _left.Watch(snapshot => snapshot.Lines.FirstOrDefault(line => line.Message.Contains(text, StringComparison.Ordinal)
            || line.Fields.Values.Any(value => value.Contains(text, StringComparison.Ordinal))) is { } found
            ? new Failure($"\"{text}\" in no line", found.Message.Contains(text, StringComparison.Ordinal) ? found.ToString()
                : $"field {found.Fields.First(field => field.Value.Contains(text, StringComparison.Ordinal)).Key} of: {found}") { Left = Lines(snapshot) }
            : null);
        return this;
    }

    /// <summary>No line is as severe, and none so arrives within the window.</summary>
    public LogAssertions NotContain(LogLevel level)
    {
        _left.Watch(snapshot => snapshot.Lines.FirstOrDefault(line => line.Level >= level && line.Level != LogLevel.None) is { } found
            ? new Failure($"no line of level {level} or above", found.ToString()) { Left = Lines(snapshot) } : null);
        return this;
    }

    /// <summary>There are exactly so many lines, also after the window.</summary>
    public LogAssertions HaveCount(int count)
    {
        Failure? Check(Snapshot snapshot) => snapshot.Lines.Count == count ? null
            : new Failure($"{count} lines", $"{snapshot.Lines.Count}") { Left = Lines(snapshot), IsFinal = snapshot.Lines.Count > count };
        _left.Expect(Check);
        _left.Watch(Check);
        return this;
    }

    internal static IReadOnlyList<string> Lines(Snapshot snapshot)
        => snapshot.Lines.Count == 0 ? ["no line with the id of this trace"] : [.. snapshot.Lines.Select(line => line.ToString())];

    private static bool Fits(RecordedLine line, string message)
        => line.Template?.Contains(message, StringComparison.Ordinal) == true || line.Message.Contains(message, StringComparison.Ordinal)
            || Regex.IsMatch(line.Message, Pattern(message), RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking);

    private static string Pattern(string message)
        => Hole().Replace(Regex.Escape(message).Replace("\\{", "{", StringComparison.Ordinal), ".*").Replace("\\*", ".*", StringComparison.Ordinal);

    /// <summary>What a line lacks whose message fits; null where it lacks nothing.</summary>
    private static string? Differing(RecordedLine line, string message, (string Field, string Value)[] fields)
    {
        foreach (var hole in Hole().Matches(message).Select(match => match.Groups[1].Value))
        {
            if (!line.Fields.ContainsKey(hole))
                return $"it has no field {hole}; it has {string.Join(", ", line.Fields.Keys)}";
        }

        foreach (var (field, value) in fields)
        {
            if (line.Fields.GetValueOrDefault(field) is not { } present)
                return $"it has no field {field}; it has {string.Join(", ", line.Fields.Keys)}";
            if (present != value)
                return $"its field {field} is {present}";
        }

        return null;
    }

    private Failure Missing(Snapshot snapshot, LogLevel level, string message, (string Field, string Value)[] fields, string expected)
    {
        var failure = new Failure(expected, snapshot.Lines.Count == 0 ? "no line with the id of this trace" : $"no such line among {snapshot.Lines.Count}")
        {
            Left = Lines(snapshot),
        };
        if (snapshot.Lines.FirstOrDefault(line => Fits(line, message)) is { } same)
        {
            return failure with
            {
                Found = same.Level == level ? Differing(same, message, fields)! : $"the line is of level {same.Level}", Nearest = same.ToString(),
            };
        }

        return failure with
        {
            Nearest = Model.Nearest.Closest(message, snapshot.Lines.Select(line => line.Template ?? line.Message)),
            Look = async () => await LostAsync(snapshot, message).ConfigureAwait(false),
        };
    }

    private async Task<string> LostAsync(Snapshot snapshot, string message)
    {
        var untraced = await _left.Recorder.UntracedAsync(_left.Recording).ConfigureAwait(false);
        if (untraced.FirstOrDefault(line => Fits(line, message)) is { } lost)
        {
            return $"{lost.Service} → line: it was written in that time without a trace id ({lost}): outside of the request's span, or by a logger "
                + "that knows of none";
        }

        return Diagnosis.OfFailed(snapshot) ?? (snapshot.Lines.Count > 0
            ? "service → line: no line of that time has this text, with or without a trace id: it is not written, or its level is off"
            : "service → store: no line in that time. Has the service an OTLP exporter of logs, and is the level of the category low enough?");
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Hole();
}
