using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Query.Templates;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>Parses the stages that lines pass through.</summary>
internal abstract class LogPipelineParser(string query) : LogCursor(query)
{
    private static readonly string[] Comparisons = ["=", "==", "!=", "=~", "!~", ">", ">=", "<", "<="];

    /// <summary>The stages from here on; an unwrap ends them but for the label filters after it.</summary>
    protected LogUnwrap? Stages(List<LogStage> stages)
    {
        LogUnwrap? unwrap = null;
        while (Peek.Kind == QueryTokenKind.Sign)
        {
            Count();
            switch (Peek.Text)
            {
                case "!=" or "!~" when Ahead(1).Kind != QueryTokenKind.Text && !IsAddress(Ahead(1), Ahead(2)):
                    return unwrap;
                case "|=" or "!=" or "|~" or "!~" or "|>" or "!>" when unwrap is null:
                    stages.Add(LineFilter(Take().Text));
                    break;
                case "|" when unwrap is not null:
                    Take();
                    unwrap = unwrap with { After = [.. unwrap.After, new LogLabelFilter(Condition())] };
                    break;
                case "|" when Ahead(1) is { Kind: QueryTokenKind.Word, Text: "unwrap" } && Ahead(2).Kind == QueryTokenKind.Word:
                    Take();
                    Take();
                    unwrap = Unwrap();
                    break;
                case "|":
                    Take();
                    stages.Add(Stage());
                    break;
                default:
                    return unwrap;
            }
        }

        return unwrap;
    }

    private LogUnwrap Unwrap()
    {
        var name = Name();
        if (!TryTake("("))
            return new(name, null, []);
        var label = Name();
        Expect(")");
        return name is "bytes" or "duration" or "duration_seconds"
            ? new(label, name, [])
            : throw new QuerySyntaxException($"syntax error: unwrap knows bytes(…), duration(…) and duration_seconds(…), not {name}(…)", Position);
    }

    private static bool IsAddress(QueryToken word, QueryToken next) => word is { Kind: QueryTokenKind.Word, Text: "ip" } && next.Is("(");

    private LogAddresses Address()
    {
        Take();
        Expect("(");
        var at = Position;
        var addresses = LogAddresses.Parse(Expect(QueryTokenKind.Text, "STRING"), at);
        Expect(")");
        return addresses;
    }

    private LogLineFilter LineFilter(string sign)
    {
        var texts = new List<string>();
        var tests = new List<Func<string, bool>>();
        do
        {
            var at = Position;
            if (IsAddress(Peek, Ahead(1)))
            {
                if (sign is not ("|=" or "!="))
                    throw new QuerySyntaxException($"ip: invalid operation {sign}; use |= or !=", at);
                tests.Add(Address().Found);
                continue;
            }

            var text = Expect(QueryTokenKind.Text, "STRING");
            if (sign[1] == '=')
                texts.Add(text);
            else
                tests.Add(sign[1] == '~' ? Patterns.Anywhere(LogParsers.Go(text), at).IsMatch : LogPattern.Filter(text, at).Fits);
        }
        while (TryWord("or"));

        return new(sign[0] == '|', texts, tests);
    }

    private LogStage Stage()
    {
        var word = Peek.Kind == QueryTokenKind.Word && !(Ahead(1).Kind == QueryTokenKind.Sign && Comparisons.Contains(Ahead(1).Text)) ? Peek.Text : "";
        if (word is "json" or "logfmt" or "unpack" or "decolorize" or "regexp" or "pattern" or "line_format" or "label_format" or "drop" or "keep")
            Take();
        var at = Position;
        switch (word)
        {
            case "json" when StartsList:
                return new LogChange(LogParsers.JsonPaths([.. Extractions().Select(static one => (one.Label, LogParsers.Path(one.Path, one.At)))]));
            case "json":
                return new LogChange(LogParsers.Json);
            case "logfmt":
                return Logfmt();
            case "unpack":
                return new LogChange(LogParsers.Unpack);
            case "decolorize":
                return new LogChange(LogParsers.Decolorize);
            case "regexp":
                return new LogChange(LogParsers.Expression(Expect(QueryTokenKind.Text, "STRING"), at));
            case "pattern":
                return new LogChange(LogPattern.Parser(Expect(QueryTokenKind.Text, "STRING"), at).Extract);
            case "line_format":
                return new LogLineFormat(Template());
            case "label_format":
                return LabelFormat();
            case "drop" or "keep":
                return new LogLabelStage(word == "drop", Listed(LabelName));
            case "unwrap":
                throw new QuerySyntaxException("syntax error: unwrap needs the name of a label, as in | unwrap duration(took)", at);
            case "distinct":
                throw new QuerySyntaxException(LogSubset.Refuse("| distinct"), at);
            default:
                return new LogLabelFilter(Condition());
        }
    }

    // A word after the parser begins its parameters unless it is what else may stand there.
    private bool StartsList => Peek.Kind == QueryTokenKind.Word && !IsWord("offset");

    private List<(string Label, string Path, int At)> Extractions() => Listed(() =>
    {
        var at = Position;
        var label = Name();
        if (!TryTake("="))
            return (label, label, at);
        at = Position;
        return (label, Expect(QueryTokenKind.Text, "STRING"), at);
    });

    private LogChange Logfmt()
    {
        var (strict, keepEmpty) = (false, false);
        while (Peek.Kind == QueryTokenKind.Flag)
        {
            switch (Peek.Text)
            {
                case "--strict":
                    strict = true;
                    break;
                case "--keep-empty":
                    keepEmpty = true;
                    break;
                default:
                    throw new QuerySyntaxException($"unknown flag: {Peek.Text}; logfmt knows --strict and --keep-empty", Position);
            }

            Take();
        }

        return new(StartsList
            ? LogParsers.LogfmtKeys(strict, [.. Extractions().Select(static one => (one.Label, one.Path))])
            : LogParsers.Logfmt(strict, keepEmpty));
    }

    private GoTemplate Template()
    {
        var at = Position;
        var text = Expect(QueryTokenKind.Text, "STRING");
        try
        {
            return GoTemplate.Parse(text, LogTemplates.Names);
        }
        catch (TemplateException e)
        {
            throw new QuerySyntaxException($"invalid template: {e.Message}", at);
        }
    }

    private LogLabelFormat LabelFormat()
    {
        var targets = new HashSet<string>(StringComparer.Ordinal);
        return new(Listed(() =>
        {
            var at = Position;
            var target = Name();
            if (target is LogLine.Error or LogLine.ErrorDetails)
                throw new QuerySyntaxException($"{target} cannot be formatted", at);
            if (!targets.Add(target))
                throw new QuerySyntaxException($"multiple label name '{target}' not allowed in a single format operation", at);
            Expect("=");
            return Peek.Kind == QueryTokenKind.Text ? (target, null, Template()) : (target, (string?)Name(), (GoTemplate?)null);
        }));
    }

    private LogLabelName LabelName()
    {
        var name = Name();
        if (MatchOf(Peek) is not { } match)
            return new(name, null);
        Take();
        return new(name, Text(name, match));
    }

    private LogTextCondition Text(string name, MatchOperator match)
    {
        var at = Position;
        var value = Expect(QueryTokenKind.Text, "STRING");
        Regex? pattern = match is MatchOperator.Matches or MatchOperator.NotMatches ? Patterns.Anchored(LogParsers.Go(value), at) : null;
        return new(name, match, value, pattern);
    }

    private LogCondition Condition() => Nested(() =>
    {
        var left = Conjunction();
        while (TryWord("or"))
            left = new LogBoth(left, Conjunction(), Or: true);
        return left;
    });

    private LogCondition Conjunction()
    {
        var left = Predicate();
        while (IsWord("and") || Peek.Is(",") || Peek.Is("(") || (Peek.Kind == QueryTokenKind.Word && Peek.Text is not ("or" or "offset")))
        {
            Count();
            if (!TryWord("and"))
                TryTake(",");
            left = new LogBoth(left, Predicate(), Or: false);
        }

        return left;
    }

    private LogCondition Predicate()
    {
        if (TryTake("("))
        {
            var inner = Condition();
            Expect(")");
            return inner;
        }

        var at = Peek;
        var name = Name();
        var sign = Peek;
        if (sign.Kind != QueryTokenKind.Sign || !Comparisons.Contains(sign.Text))
        {
            throw new QuerySyntaxException(
                $"syntax error: unexpected {Say(at)}: no stage has this name, and a label filter needs a comparison after it", at.Offset);
        }

        Take();
        if (Peek.Kind == QueryTokenKind.Text)
            return MatchOf(sign) is { } match ? Text(name, match) : throw Unexpected("NUMBER, DURATION or BYTES");
        if (IsAddress(Peek, Ahead(1)) && sign.Text is "=" or "!=")
            return new LogAddressCondition(name, sign.Text == "=", Address());
        if (sign.Text is "=~" or "!~")
            throw Unexpected("STRING");

        var negative = TryMinus();
        var value = Peek;
        LogUnit? unit = value.Kind switch
        {
            QueryTokenKind.Number => LogUnit.Number,
            QueryTokenKind.Duration => LogUnit.Seconds,
            QueryTokenKind.Size => LogUnit.Bytes,
            _ => null,
        };
        if (unit is not { } known)
            throw Unexpected(MatchOf(sign) is null ? "NUMBER, DURATION or BYTES" : "STRING");
        double number;
        if (known == LogUnit.Seconds && Quantities.TryDuration(value.Text, out var milliseconds))
            number = milliseconds / 1000;
        else if (!LogParsers.TryConvert(value.Text, known, out number, out var error))
            throw new QuerySyntaxException(error, value.Offset);
        Take();
        return new LogNumberCondition(name, sign.Text, negative ? -number : number, known);
    }
}
