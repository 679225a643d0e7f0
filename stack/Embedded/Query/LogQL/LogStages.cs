using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Query.Templates;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>One stage of a pipeline; false drops the line.</summary>
internal abstract record LogStage
{
    public abstract bool Keep(LogLine line);

    /// <summary>Decides on the text alone where it can, before labels are looked at.</summary>
    public virtual bool? KeepText(string text) => null;
}

/// <summary><c>|=</c>, <c>!=</c>, <c>|~</c>, <c>!~</c>, <c>|&gt;</c>, <c>!&gt;</c> with one text or several joined by <c>or</c>.</summary>
/// <param name="Texts">What a line may hold.</param>
/// <param name="Tests">What it may be instead: a match of a regular expression, of a pattern, an address of a network.</param>
internal sealed record LogLineFilter(bool Wanted, IReadOnlyList<string> Texts, IReadOnlyList<Func<string, bool>> Tests) : LogStage
{
    public override bool Keep(LogLine line) => KeepText(line.Text)!.Value;

    public override bool? KeepText(string text)
    {
        foreach (var wanted in Texts)
        {
            if (text.Contains(wanted, StringComparison.Ordinal))
                return Wanted;
        }

        foreach (var test in Tests)
        {
            if (test(text))
                return Wanted;
        }

        return !Wanted;
    }
}

/// <summary>A stage that takes labels out of the line, or changes it or them, and keeps it.</summary>
internal sealed record LogChange(Action<LogLine> Change) : LogStage
{
    public override bool Keep(LogLine line)
    {
        Change(line);
        return true;
    }
}

/// <summary><c>| line_format "…"</c></summary>
internal sealed record LogLineFormat(GoTemplate Template) : LogStage
{
    public override bool Keep(LogLine line)
    {
        try
        {
            line.Text = Template.Render(line.Values, LogTemplates.Of(line));
        }
        catch (TemplateException e)
        {
            line.Fail("TemplateFormatErr", e.Message);
        }

        return true;
    }
}

/// <summary><c>| label_format a=b, c="…"</c>: each target is renamed from a label or made by a template.</summary>
internal sealed record LogLabelFormat(IReadOnlyList<(string Target, string? From, GoTemplate? Template)> Formats) : LogStage
{
    public override bool Keep(LogLine line)
    {
        foreach (var (target, from, template) in Formats)
        {
            if (from is not null)
            {
                if (line.Values.Remove(from, out var moved))
                    line.Values[target] = moved;
                continue;
            }

            try
            {
                line.Values[target] = template!.Render(line.Values, LogTemplates.Of(line));
            }
            catch (TemplateException e)
            {
                line.Fail("TemplateFormatErr", e.Message);
            }
        }

        return true;
    }
}

/// <summary>A label to drop or keep, whatever its value or where its value fits.</summary>
internal sealed record LogLabelName(string Name, LogTextCondition? Value);

/// <summary><c>| drop a, b="c"</c> and <c>| keep a, b="c"</c>.</summary>
internal sealed record LogLabelStage(bool Drop, IReadOnlyList<LogLabelName> Labels) : LogStage
{
    public override bool Keep(LogLine line)
    {
        foreach (var name in line.Values.Keys.ToArray())
        {
            var named = Labels.Any(one => one.Name == name && (one.Value is null || one.Value.Holds(line)));
            if (Drop ? named : !named && !name.StartsWith("__", StringComparison.Ordinal))
                line.Values.Remove(name);
        }

        return true;
    }
}

internal sealed record LogLabelFilter(LogCondition Condition) : LogStage
{
    public override bool Keep(LogLine line) => Condition.Holds(line);
}

internal abstract record LogCondition
{
    public abstract bool Holds(LogLine line);

    /// <summary>Whether labels decide that are the same in each line.</summary>
    public virtual bool IsDecidedBy(Func<string, bool> isFixed) => false;
}

internal sealed record LogBoth(LogCondition Left, LogCondition Right, bool Or) : LogCondition
{
    public override bool Holds(LogLine line) => Or ? Left.Holds(line) || Right.Holds(line) : Left.Holds(line) && Right.Holds(line);

    public override bool IsDecidedBy(Func<string, bool> isFixed) => Left.IsDecidedBy(isFixed) && Right.IsDecidedBy(isFixed);
}

internal sealed record LogTextCondition(string Name, MatchOperator Operator, string Value, Regex? Pattern) : LogCondition
{
    public override bool IsDecidedBy(Func<string, bool> isFixed) => isFixed(Name);

    public override bool Holds(LogLine line)
    {
        var actual = line[Name];
        return Operator switch
        {
            MatchOperator.Equal => actual == Value,
            MatchOperator.NotEqual => actual != Value,
            MatchOperator.Matches => Pattern!.IsMatch(actual),
            _ => !Pattern!.IsMatch(actual),
        };
    }
}

/// <summary><c>a = ip("10.0.0.0/8")</c></summary>
internal sealed record LogAddressCondition(string Name, bool Wanted, LogAddresses Addresses) : LogCondition
{
    public override bool Holds(LogLine line)
    {
        // What failed before is for a comparison with __error__ to sort out.
        if (line.HasError)
            return true;
        if (!line.Values.TryGetValue(Name, out var text))
            return false;
        return Addresses.Found(text) == Wanted;
    }
}

internal enum LogUnit
{
    Number,
    Seconds,
    Bytes,
}

internal sealed record LogNumberCondition(string Name, string Operator, double Value, LogUnit Unit) : LogCondition
{
    public override bool Holds(LogLine line)
    {
        if (Name == LogLine.Error || !line.Values.TryGetValue(Name, out var text))
            return false;
        if (!LogParsers.TryConvert(text, Unit, out var actual, out var error))
        {
            line.Fail("LabelFilterErr", error);
            return true;
        }

        return Operator switch
        {
            "=" or "==" => actual == Value,
            "!=" => actual != Value,
            ">" => actual > Value,
            ">=" => actual >= Value,
            "<" => actual < Value,
            _ => actual <= Value,
        };
    }
}
