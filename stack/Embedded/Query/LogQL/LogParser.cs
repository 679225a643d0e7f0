using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>Parses the LogQL subset of <see cref="LogSubset"/>.</summary>
internal sealed class LogParser
{
    private readonly List<LogToken> _tokens;
    private int _next;
    private int _depth;

    private LogParser(string query) => _tokens = LogLexer.Tokens(query);

    public static LogNode Parse(string query)
    {
        var parser = new LogParser(query);
        if (parser.Peek.Kind == LogTokenKind.End)
            throw new QuerySyntaxException("syntax error: unexpected $end", 0);

        var node = parser.Expression();
        return parser.Peek.Kind == LogTokenKind.End ? node : throw parser.Stray();
    }

    /// <summary>Parses a bare stream selector.</summary>
    public static IReadOnlyList<LabelMatcher> Matchers(string query) =>
        Parse(query) is LogSelection { Stages.Count: 0 } selection
            ? selection.Matchers
            : throw new QuerySyntaxException("syntax error: only label matchers are allowed here", 0);

    private LogToken Peek => _tokens[_next];

    private LogToken Take() => _tokens[_next].Kind == LogTokenKind.End ? _tokens[_next] : _tokens[_next++];

    private bool TryTake(string punctuation)
    {
        if (!Peek.Is(punctuation))
            return false;
        _next++;
        return true;
    }

    private bool IsWord(string word) => Peek.Kind == LogTokenKind.Identifier && Peek.Text == word;

    private bool TryWord(string word)
    {
        if (!IsWord(word))
            return false;
        _next++;
        return true;
    }

    private void Expect(string punctuation)
    {
        if (!TryTake(punctuation))
            throw Unexpected(punctuation);
    }

    private string Expect(LogTokenKind kind, string expecting)
    {
        if (Peek.Kind != kind)
            throw Unexpected(expecting);
        return Take().Text;
    }

    private QuerySyntaxException Unexpected(string expecting) => new($"syntax error: unexpected {Peek}, expecting {expecting}", Peek.Offset);

    private QuerySyntaxException Stray() =>
        Peek.Kind == LogTokenKind.Punctuation && Peek.Text is "+" or "-" or "*" or "/" or "%" or "^" or ">" or "<" or ">=" or "<=" or "==" or "!="
        || Peek.Kind == LogTokenKind.Identifier && Peek.Text is "and" or "or" or "unless"
            ? new(LogSubset.Refuse($"the operator {Peek.Text} between queries"), Peek.Offset)
            : new($"syntax error: unexpected {Peek}", Peek.Offset);

    private void Nest()
    {
        if (++_depth > QueryLimits.Depth)
            throw new QuerySyntaxException($"query nests deeper than {QueryLimits.Depth} levels", Peek.Offset);
    }

    private LogNode Expression()
    {
        Nest();
        LogNode node;
        if (TryTake("("))
        {
            node = Expression();
            Expect(")");
        }
        else if (Peek.Is("{"))
        {
            node = Selection();
        }
        else if (Peek.Kind == LogTokenKind.Identifier)
        {
            node = Metric();
        }
        else
        {
            throw Peek.Kind is LogTokenKind.Number or LogTokenKind.Duration || Peek.Is("-")
                ? new QuerySyntaxException(LogSubset.Refuse("a number as a query"), Peek.Offset)
                : Unexpected("{ or a function");
        }

        _depth--;
        return node;
    }

    private LogNode Metric()
    {
        var name = Take();
        if (LogSubset.Ranges.Contains(name.Text))
        {
            Expect("(");
            var selection = Selection();
            // The range may stand before the stages or after them.
            var range = Range();
            selection = selection with { Stages = [.. selection.Stages, .. Stages()] };
            var offset = TryWord("offset") ? Duration() : 0;
            Expect(")");
            return new LogRange(name.Text, selection, range, offset);
        }

        if (!LogSubset.Aggregations.Contains(name.Text))
            throw new QuerySyntaxException(LogSubset.Refuse($"the function {name.Text}"), name.Offset);

        IReadOnlyCollection<string>? grouping = null;
        var without = false;
        void Grouping()
        {
            if (grouping is null && (IsWord("by") || IsWord("without")))
            {
                without = Take().Text == "without";
                grouping = Names(parenthesized: true);
            }
        }

        Grouping();
        Expect("(");
        var count = 0;
        if (name.Text is "topk" or "bottomk")
        {
            if (!int.TryParse(Expect(LogTokenKind.Number, "NUMBER"), out count) || count < 1)
                throw new QuerySyntaxException($"parameter of {name.Text} must be a whole number above zero", name.Offset);
            Expect(",");
        }

        var offsetOfBody = Peek.Offset;
        var body = Expression();
        Expect(")");
        Grouping();
        return body is LogSelection
            ? throw new QuerySyntaxException($"syntax error: {name.Text} needs a metric query such as count_over_time({{…}}[1m])", offsetOfBody)
            : new LogAggregate(name.Text, body, count, grouping, without);
    }

    private long Range()
    {
        Expect("[");
        var range = Duration();
        Expect("]");
        return range > 0 ? range : throw new QuerySyntaxException("range must be above zero", Peek.Offset);
    }

    private long Duration()
    {
        var token = Peek;
        if (token.Kind != LogTokenKind.Duration || !Quantities.TryDuration(token.Text, out var milliseconds))
            throw Unexpected("DURATION");
        Take();
        return (long)(milliseconds * 1e6);
    }

    private HashSet<string> Names(bool parenthesized)
    {
        if (parenthesized)
            Expect("(");
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (parenthesized && TryTake(")"))
            return names;

        do
        {
            names.Add(Expect(LogTokenKind.Identifier, "IDENTIFIER"));
        }
        while (TryTake(","));

        if (parenthesized)
            Expect(")");
        return names;
    }

    private LogSelection Selection()
    {
        var offset = Peek.Offset;
        Expect("{");
        var matchers = new List<LabelMatcher>();
        while (!TryTake("}"))
        {
            var name = Expect(LogTokenKind.Identifier, "IDENTIFIER or }");
            var kind = MatchOf(Peek) ?? throw Unexpected("= or =~ or !~ or !=");
            Take();
            var at = Peek.Offset;
            var value = Expect(LogTokenKind.String, "STRING");
            if (kind is MatchOperator.Matches or MatchOperator.NotMatches)
                Patterns.Anchored(value, at);
            matchers.Add(new(name, kind, value));
            if (!Peek.Is("}") && !TryTake(","))
                throw Unexpected("} or ,");
        }

        if (!matchers.Any(static m => m.Operator switch
            {
                MatchOperator.Equal => m.Value.Length > 0,
                MatchOperator.Matches => !Patterns.Anchored(m.Value, 0).IsMatch(""),
                _ => false,
            }))
        {
            throw new QuerySyntaxException(
                "queries require at least one regexp or equality matcher that does not have an empty-compatible value. "
                + "For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will", offset);
        }

        return new(matchers, Stages());
    }

    private static MatchOperator? MatchOf(LogToken token) => token.Kind != LogTokenKind.Punctuation ? null : token.Text switch
    {
        "=" => MatchOperator.Equal,
        "!=" => MatchOperator.NotEqual,
        "=~" => MatchOperator.Matches,
        "!~" => MatchOperator.NotMatches,
        _ => null,
    };

    private List<LogStage> Stages()
    {
        var stages = new List<LogStage>();
        while (Peek.Kind == LogTokenKind.Punctuation)
        {
            if (stages.Count > QueryLimits.Depth)
                throw new QuerySyntaxException($"query has more than {QueryLimits.Depth} stages", Peek.Offset);

            switch (Peek.Text)
            {
                case "|=" or "!=" or "|~" or "!~":
                    stages.Add(LineFilter(Take().Text));
                    break;
                case "|>" or "!>":
                    throw new QuerySyntaxException(LogSubset.Refuse($"the pattern filter {Peek.Text}"), Peek.Offset);
                case "|":
                    Take();
                    stages.Add(Stage());
                    break;
                default:
                    return stages;
            }
        }

        return stages;
    }

    private LogLineFilter LineFilter(string sign)
    {
        var texts = new List<string>();
        var patterns = new List<Regex>();
        do
        {
            if (Peek.Kind == LogTokenKind.Identifier)
                throw new QuerySyntaxException(LogSubset.Refuse($"the line filter {Peek.Text}(…)"), Peek.Offset);
            var at = Peek.Offset;
            var text = Expect(LogTokenKind.String, "STRING");
            if (sign[1] == '~')
                patterns.Add(Patterns.Anywhere(text, at));
            else
                texts.Add(text);
        }
        while (TryWord("or"));

        return new(sign[0] == '|', texts, patterns);
    }

    private LogStage Stage()
    {
        var token = Peek;
        if (token.Is("("))
            return new LogLabelFilter(Condition());

        Expect(LogTokenKind.Identifier, "IDENTIFIER");
        switch (token.Text)
        {
            case "json" or "logfmt":
                return Peek.Kind is LogTokenKind.Identifier or LogTokenKind.String || Peek.Is("-")
                    ? throw new QuerySyntaxException(LogSubset.Refuse($"| {token.Text} with parameters"), Peek.Offset)
                    : new LogParserStage(token.Text);
            case "drop" or "keep":
                var names = Names(parenthesized: false);
                return MatchOf(Peek) is null
                    ? new LogLabelStage(token.Text == "drop", names)
                    : throw new QuerySyntaxException(LogSubset.Refuse($"| {token.Text} with values"), Peek.Offset);
            case "line_format" or "label_format" or "regexp" or "pattern" or "unpack" or "decolorize" or "unwrap" or "distinct":
                throw new QuerySyntaxException(LogSubset.Refuse($"| {token.Text}"), token.Offset);
            default:
                _next--;
                return new LogLabelFilter(Condition());
        }
    }

    private LogCondition Condition()
    {
        var left = Conjunction();
        while (TryWord("or"))
            left = new LogBoth(left, Conjunction(), Or: true);
        return left;
    }

    private LogCondition Conjunction()
    {
        var left = Predicate();
        while (IsWord("and") || Peek.Is(",") || Peek.Kind == LogTokenKind.Identifier && Peek.Text != "or" && Peek.Text != "offset")
        {
            if (!TryWord("and"))
                TryTake(",");
            if (++_depth > QueryLimits.Depth)
                throw new QuerySyntaxException($"label filter has more than {QueryLimits.Depth} conditions", Peek.Offset);
            left = new LogBoth(left, Predicate(), Or: false);
        }

        return left;
    }

    private LogCondition Predicate()
    {
        Nest();
        if (TryTake("("))
        {
            var inner = Condition();
            Expect(")");
            _depth--;
            return inner;
        }

        var name = Expect(LogTokenKind.Identifier, "IDENTIFIER");
        var sign = Peek;
        if (sign.Kind != LogTokenKind.Punctuation || sign.Text is not ("=" or "==" or "!=" or "=~" or "!~" or ">" or ">=" or "<" or "<="))
            throw Unexpected("a comparison such as =, !=, =~, !~, > or <");
        Take();
        _depth--;
        var negative = TryTake("-");
        var value = Peek;
        switch (value.Kind)
        {
            case LogTokenKind.String when MatchOf(sign) is { } match && !negative:
                Take();
                return new LogTextCondition(
                    name, match, value.Text, match is MatchOperator.Matches or MatchOperator.NotMatches ? Patterns.Anchored(value.Text, value.Offset) : null);
            case LogTokenKind.Number or LogTokenKind.Duration or LogTokenKind.Bytes when sign.Text is not ("=~" or "!~"):
                Take();
                var unit = value.Kind switch { LogTokenKind.Duration => LogUnit.Milliseconds, LogTokenKind.Bytes => LogUnit.Bytes, _ => LogUnit.Number };
                double number;
                _ = unit switch
                {
                    LogUnit.Milliseconds => Quantities.TryDuration(value.Text, out number),
                    LogUnit.Bytes => LogParsers.TryBytes(value.Text, out number),
                    _ => Quantities.TryNumber(value.Text, out number),
                };
                return new LogNumberCondition(name, sign.Text, negative ? -number : number, unit);
            case LogTokenKind.Identifier when value.Text == "ip":
                throw new QuerySyntaxException(LogSubset.Refuse("the label filter ip(…)"), value.Offset);
            default:
                throw Unexpected(MatchOf(sign) is null ? "NUMBER, DURATION or BYTES" : "STRING");
        }
    }
}
