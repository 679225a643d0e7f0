using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>Parses LogQL.</summary>
internal sealed class LogParser : LogPipelineParser
{
    private static readonly string[] Signs = ["==", "!=", ">=", "<=", ">", "<", "+", "-", "*", "/", "%", "^"];

    private LogParser(string query) : base(query)
    {
    }

    public static LogNode Parse(string query)
    {
        var parser = new LogParser(query);
        if (parser.Peek.Kind == QueryTokenKind.End)
            throw new QuerySyntaxException("syntax error: unexpected $end", 0);

        var node = parser.Expression(0);
        return parser.Peek.Kind == QueryTokenKind.End ? node : throw parser.Unexpected(null);
    }

    /// <summary>Parses a bare stream selector.</summary>
    public static IReadOnlyList<LabelMatcher> Matchers(string query) =>
        Parse(query) is LogSelection { Stages.Count: 0 } selection
            ? selection.Matchers
            : throw new QuerySyntaxException("syntax error: only label matchers are allowed here", 0);

    private static int Strength(string sign) => sign switch
    {
        "or" => 1,
        "and" or "unless" => 2,
        "+" or "-" => 4,
        "*" or "/" or "%" => 5,
        "^" => 6,
        _ => 3,
    };

    private string? Sign() => Peek.Kind switch
    {
        QueryTokenKind.Sign when Signs.Contains(Peek.Text) => Peek.Text,
        QueryTokenKind.Word when Peek.Text is "and" or "or" or "unless" => Peek.Text,
        _ => null,
    };

    private LogNode Expression(int least) => Nested(() =>
    {
        var start = Position;
        var left = Primary();
        while (Sign() is { } sign && Strength(sign) > least)
        {
            Count();
            Take();
            var returnBool = TryWord("bool");
            var matching = Matching();
            var at = Position;
            left = Join(sign, left, Expression(sign == "^" ? Strength(sign) - 1 : Strength(sign)), returnBool, matching, start, at);
        }

        return left;
    });

    private LogMatching Matching()
    {
        if (!IsWord("on") && !IsWord("ignoring"))
            return LogMatching.Whole;
        var on = Take().Text == "on";
        var names = Names();
        if (!IsWord("group_left") && !IsWord("group_right"))
            return new(on, names, null, []);
        var many = Take().Text == "group_left" ? "left" : "right";
        return new(on, names, many, Peek.Is("(") ? Names() : []);
    }

    private static LogNode Join(string sign, LogNode left, LogNode right, bool returnBool, LogMatching matching, int start, int at)
    {
        foreach (var (node, leg, offset) in ((LogNode, string, int)[])[(left, "left", start), (right, "right", at)])
        {
            if (node is LogSelection)
                throw new QuerySyntaxException($"unexpected type for {leg} leg of binary operation ({sign}): a log query; count its lines first", offset);
            if (node is LogLiteral literal && sign is "and" or "or" or "unless")
            {
                throw new QuerySyntaxException(
                    $"unexpected literal for {leg} leg of logical/set binary operation ({sign}): {Quantities.Format(literal.Value)}", offset);
            }
        }

        return left is LogLiteral a && right is LogLiteral b
            ? new LogLiteral(LogOperators.Numbers(sign, a.Value, b.Value))
            : new LogBinary(sign, left, right, returnBool, matching);
    }

    private LogNode Primary()
    {
        Count();
        if (Peek.Is("{"))
        {
            var at = Position;
            var stages = new List<LogStage>();
            var matchers = Selector();
            return Stages(stages) is null
                ? new LogSelection(matchers, stages)
                : throw new QuerySyntaxException("syntax error: unwrap stands within a function such as sum_over_time({…} | unwrap x [1m])", at);
        }

        if (TryTake("("))
        {
            var inner = Expression(0);
            Expect(")");
            if (inner is LogSelection selection)
            {
                var stages = selection.Stages.ToList();
                Stages(stages);
                return selection with { Stages = stages };
            }

            return inner;
        }

        if (Peek.Is("-") || Peek.Is("+") || Peek.Kind == QueryTokenKind.Number)
            return new LogLiteral(Number());
        return Peek.Kind == QueryTokenKind.Word ? Call() : throw Unexpected("{, (, a number or a function");
    }

    private double Number()
    {
        var negative = TryMinus();
        var text = Expect(QueryTokenKind.Number, "NUMBER");
        Quantities.TryNumber(text, out var value);
        return negative ? -value : value;
    }

    private LogNode Call()
    {
        var name = Take();
        if (LogSubset.Plain.Contains(name.Text) || LogSubset.Unwrapping.Contains(name.Text))
            return Range(name);
        if (LogSubset.Aggregations.Contains(name.Text))
            return Aggregate(name);
        switch (name.Text)
        {
            case "vector":
                Expect("(");
                var value = Expect(QueryTokenKind.Number, "NUMBER");
                Expect(")");
                Quantities.TryNumber(value, out var number);
                return new LogVector(number);
            case "label_replace":
                return Replace();
            case "approx_topk" or "variants":
                throw new QuerySyntaxException(LogSubset.Refuse($"the function {name.Text}"), name.Offset);
            default:
                throw new QuerySyntaxException($"syntax error: unexpected {Say(name)}: there is no function of this name", name.Offset);
        }
    }

    private LogReplace Replace()
    {
        Expect("(");
        var body = Series("label_replace");
        string Next()
        {
            Expect(",");
            return Expect(QueryTokenKind.Text, "STRING");
        }

        var (target, replacement, source) = (Next(), Next(), Next());
        Expect(",");
        var at = Position;
        var pattern = Patterns.Anchored(LogParsers.Go(Expect(QueryTokenKind.Text, "STRING")), at);
        Expect(")");
        return new(body, target, replacement, source, pattern);
    }

    // A metric query as the argument of a function.
    private LogNode Series(string function)
    {
        var at = Position;
        return Expression(0) switch
        {
            LogSelection => throw new QuerySyntaxException(
                $"syntax error: {function} needs a metric query such as count_over_time({{…}}[1m])", at),
            LogLiteral => throw new QuerySyntaxException($"syntax error: {function} needs a metric query, not a number", at),
            var node => node,
        };
    }

    private LogAggregate Aggregate(QueryToken name)
    {
        var ranked = name.Text is "topk" or "bottomk";
        var grouping = Grouping();
        Expect("(");
        var count = 0;
        if (ranked)
        {
            if (Peek.Kind != QueryTokenKind.Number)
                throw new QuerySyntaxException($"parameter required for operation {name.Text}", Position);
            var at = Position;
            var text = Take().Text;
            if (!int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out count))
                throw new QuerySyntaxException($"invalid parameter {name.Text}({text},", at);
            if (count < 1)
                throw new QuerySyntaxException($"invalid parameter (must be greater than 0) {name.Text}({text}", at);
            Expect(",");
        }
        else if (Peek.Kind == QueryTokenKind.Number && Ahead(1).Is(","))
        {
            throw new QuerySyntaxException($"unsupported parameter for operation {name.Text}({Peek.Text},", Position);
        }

        var body = Series(name.Text);
        Expect(")");
        grouping ??= Grouping();
        return grouping is not null && name.Text is "sort" or "sort_desc"
            ? throw new QuerySyntaxException($"grouping not allowed for {name.Text} aggregation", name.Offset)
            : new(name.Text, body, count, grouping);
    }

    private LogGrouping? Grouping()
    {
        if (!IsWord("by") && !IsWord("without"))
            return null;
        var without = Take().Text == "without";
        return new([.. Names().ToHashSet(StringComparer.Ordinal)], without);
    }

    /// <summary>What stands within a range function, in any of the orders that are allowed.</summary>
    private sealed class Ranged
    {
        public IReadOnlyList<LabelMatcher> Matchers = [];
        public readonly List<LogStage> Stages = [];
        public LogUnwrap? Unwrap;
        public long RangeNs;
        public long OffsetNs;
    }

    private LogRange Range(QueryToken name)
    {
        Expect("(");
        double parameter = 0;
        if (name.Text == "quantile_over_time")
        {
            var number = Expect(QueryTokenKind.Number, "NUMBER");
            Quantities.TryNumber(number, out parameter);
            Expect(",");
        }

        var body = new Ranged();
        Range(body);
        if (body.RangeNs == 0)
            throw Unexpected("[");
        Expect(")");
        var grouping = Grouping();
        if (grouping is not null && !LogSubset.Grouping.Contains(name.Text))
            throw new QuerySyntaxException($"grouping not allowed for {name.Text} aggregation", name.Offset);
        if (!(body.Unwrap is null ? LogSubset.Plain : LogSubset.Unwrapping).Contains(name.Text))
            throw new QuerySyntaxException($"invalid aggregation {name.Text} {(body.Unwrap is null ? "without" : "with")} unwrap", name.Offset);
        return new(name.Text, new(body.Matchers, body.Stages), body.RangeNs, body.OffsetNs, body.Unwrap, parameter, grouping);
    }

    private void Range(Ranged body)
    {
        if (TryTake("("))
        {
            Nested(() =>
            {
                Range(body);
                return true;
            });
            Expect(")");
        }
        else
        {
            body.Matchers = Selector();
            body.Unwrap = Stages(body.Stages);
        }

        if (body.RangeNs != 0 || !TryTake("["))
            return;
        body.RangeNs = Duration();
        Expect("]");
        if (body.RangeNs <= 0)
            throw new QuerySyntaxException("range must be above zero", Position);
        if (TryWord("offset"))
        {
            var negative = TryTake("-");
            body.OffsetNs = Duration() * (negative ? -1 : 1);
        }

        body.Unwrap = Stages(body.Stages) ?? body.Unwrap;
    }

    private long Duration()
    {
        var token = Peek;
        if (token.Kind != QueryTokenKind.Duration || !Quantities.TryDuration(token.Text, out var milliseconds) || milliseconds > 1e12)
            throw Unexpected("DURATION");
        Take();
        return (long)(milliseconds * 1e6);
    }

    private List<LabelMatcher> Selector()
    {
        var offset = Position;
        Expect("{");
        var matchers = new List<LabelMatcher>();
        while (!TryTake("}"))
        {
            Count();
            var name = Expect(QueryTokenKind.Word, "IDENTIFIER or }");
            var kind = MatchOf(Peek) ?? throw Unexpected("= or =~ or !~ or !=");
            Take();
            var value = Peek;
            Expect(QueryTokenKind.Text, "STRING");
            matchers.Add(Matcher(name, kind, value));
            if (!Peek.Is("}") && !TryTake(","))
                throw Unexpected("} or ,");
        }

        if (MatchEmpty(matchers))
        {
            throw new QuerySyntaxException(
                "queries require at least one regexp or equality matcher that does not have an empty-compatible value. "
                + "For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will", offset);
        }

        return matchers;
    }
}
