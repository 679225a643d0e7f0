using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>Parses PromQL; what <see cref="PromSubset"/> does not have is a <see cref="QuerySyntaxException"/> that names it.</summary>
internal sealed class PromParser : PromSelectorParser
{
    private PromParser(string query) : base(query)
    {
    }

    /// <summary>Parses a whole expression.</summary>
    public static PromNode Parse(string query)
    {
        var parser = new PromParser(query);
        if (parser.Peek.Kind == QueryTokenKind.End)
            throw new QuerySyntaxException("no expression found in input", 0);

        var node = parser.Expression(0);
        if (parser.Peek.Is(")"))
            throw new QuerySyntaxException("unexpected right parenthesis ')'", parser.Position);
        if (parser.Peek.Kind != QueryTokenKind.End)
            throw Unexpected(parser.Peek, "expected an operator or the end of the query");
        return node;
    }

    /// <summary>Parses a bare selector, as <c>match[]</c> takes it.</summary>
    public static IReadOnlyList<LabelMatcher> Matchers(string query) =>
        Parse(query) is PromSelector { RangeMs: null } selector && selector.Shift == PromShift.None
            ? selector.Matchers
            : throw new QuerySyntaxException("expected a series selector", 0);

    private T Node<T>(T node) where T : PromNode
    {
        Count(node.Offset);
        return node;
    }

    private PromNode Expression(int minimum) => Nested(() =>
    {
        var left = Unary();
        while (TryOperator(out var name, out var precedence) && precedence >= minimum)
        {
            var offset = Position;
            Take();
            var returnBool = IsWord("bool");
            if (returnBool)
            {
                if (precedence != 3)
                    throw new QuerySyntaxException("bool modifier can only be used on comparison operators", Position);
                Take();
            }

            var matching = Matching(name, out var explicitMatching);
            var right = Expression(name == "^" ? precedence : precedence + 1);
            Check(name, left, right, returnBool, explicitMatching, offset);
            left = Node(new PromBinary(name, left, right, returnBool, matching, left.Offset));
        }

        return left;
    });

    private bool TryOperator(out string name, out int precedence)
    {
        var token = Peek;
        name = token.Kind == QueryTokenKind.Word ? token.Text.ToLowerInvariant() : token.Text;
        precedence = (token.Kind, name) switch
        {
            (QueryTokenKind.Word, "or") => 1,
            (QueryTokenKind.Word, "and" or "unless") => 2,
            (QueryTokenKind.Sign, "==" or "!=" or "<" or "<=" or ">" or ">=") => 3,
            (QueryTokenKind.Sign, "+" or "-") => 4,
            (QueryTokenKind.Sign, "*" or "/" or "%") => 5,
            (QueryTokenKind.Word, "atan2") => 5,
            (QueryTokenKind.Sign, "^") => 6,
            _ => -1,
        };
        return precedence > 0;
    }

    private PromMatching Matching(string name, out bool given)
    {
        given = false;
        var on = IsWord("on");
        if (!on && !IsWord("ignoring"))
            return PromMatching.Default;

        Take();
        given = true;
        var names = Names();
        var cardinality = PromCardinality.OneToOne;
        IReadOnlyCollection<string> include = [];
        if (IsWord("group_left") || IsWord("group_right"))
        {
            var keyword = Take();
            if (name is "and" or "or" or "unless")
                throw new QuerySyntaxException($"no grouping allowed for set operations", keyword.Offset);

            cardinality = keyword.Text.Equals("group_left", StringComparison.OrdinalIgnoreCase) ? PromCardinality.ManyToOne : PromCardinality.OneToMany;
            if (Peek.Is("("))
                include = Names();
            if (on && include.FirstOrDefault(names.Contains) is { } both)
                throw new QuerySyntaxException($"label \"{both}\" must not occur in ON and GROUP clause at once", keyword.Offset);
        }

        return new(on, names, cardinality, include);
    }

    private static void Check(string name, PromNode left, PromNode right, bool returnBool, bool matching, int offset)
    {
        foreach (var side in (PromNode[])[left, right])
        {
            if (side.Type is PromType.Matrix or PromType.String)
                throw new QuerySyntaxException("binary expression must contain only scalar and instant vector types", side.Offset);
        }

        var scalars = left.Type == PromType.Scalar && right.Type == PromType.Scalar;
        var anyScalar = left.Type == PromType.Scalar || right.Type == PromType.Scalar;
        if (name is "and" or "or" or "unless" && anyScalar)
            throw new QuerySyntaxException($"set operator \"{name}\" not allowed in binary scalar expression", offset);
        if (scalars && !returnBool && name is "==" or "!=" or "<" or "<=" or ">" or ">=" && scalars && !returnBool)
            throw new QuerySyntaxException("comparisons between scalars must use BOOL modifier", offset);
        if (matching && anyScalar)
            throw new QuerySyntaxException("vector matching only allowed between instant vectors", offset);
    }

    private PromNode Unary()
    {
        if (Peek.Is("-") || Peek.Is("+"))
        {
            var sign = Take();
            var body = Expression(6);
            if (body.Type is PromType.Matrix or PromType.String)
                throw new QuerySyntaxException("unary expression only allowed on expressions of type scalar or instant vector", sign.Offset);
            return sign.Text == "-" ? Node(new PromNegate(body, sign.Offset)) : body;
        }

        var isParenthesized = Peek.Is("(");
        return Postfix(Primary(), isParenthesized);
    }

    private PromNode Postfix(PromNode node, bool isParenthesized)
    {
        while (true)
        {
            var token = Peek;
            if (TryTake("["))
            {
                var range = Positive("range", token.Offset);
                node = TryTake(":") ? Subquery(node, range, token.Offset) : Ranged(node, range, isParenthesized, token.Offset);
                isParenthesized = false;
            }
            else if (TryWord("offset"))
            {
                var sign = TryTake("-") ? -1 : 1;
                var offset = Duration("offset") * sign;
                node = Shifted(node, isParenthesized, "offset modifier", token.Offset, shift => shift.OffsetMs == 0
                    ? shift with { OffsetMs = offset }
                    : throw new QuerySyntaxException("offset may not be set multiple times", token.Offset));
            }
            else if (TryTake("@"))
            {
                var (anchor, at) = Moment();
                node = Shifted(node, isParenthesized, "@ modifier", token.Offset, shift => shift.Anchor == PromAnchor.None
                    ? shift with { Anchor = anchor, AtMs = at }
                    : throw new QuerySyntaxException("@ <timestamp> may not be set multiple times", token.Offset));
            }
            else if (node is PromSelector && (IsWord("anchored") || IsWord("smoothed")))
            {
                throw new QuerySyntaxException(PromSubset.Refuse($"the modifier {token.Text}"), token.Offset);
            }
            else
            {
                return node;
            }
        }
    }

    private PromSubquery Subquery(PromNode node, long range, int offset)
    {
        long? step = Peek.Is("]") ? null : Positive("subquery", offset);
        Expect("]", "subquery selector");
        if (node.Type != PromType.Vector)
            throw new QuerySyntaxException($"subquery is only allowed on instant vector, got {Name(node.Type)} instead", offset);
        return Node(new PromSubquery(node, range, step, PromShift.None, node.Offset));
    }

    private PromSelector Ranged(PromNode node, long range, bool isParenthesized, int offset)
    {
        Expect("]", "range selector");
        if (isParenthesized || node is not PromSelector { RangeMs: null } selector)
            throw new QuerySyntaxException("ranges only allowed for vector selectors", offset);
        if (selector.Shift != PromShift.None)
            throw new QuerySyntaxException($"no {(selector.Shift.OffsetMs != 0 ? "offset" : "@")} modifiers allowed before range", offset);
        return selector with { RangeMs = range, Type = PromType.Matrix };
    }

    private static PromNode Shifted(PromNode node, bool isParenthesized, string modifier, int offset, Func<PromShift, PromShift> shift) => node switch
    {
        PromSelector selector when !isParenthesized => selector with { Shift = shift(selector.Shift) },
        PromSubquery subquery when !isParenthesized => subquery with { Shift = shift(subquery.Shift) },
        _ => throw new QuerySyntaxException($"{modifier} must be preceded by an instant vector selector or range vector selector or a subquery", offset),
    };

    // What stands behind an @: seconds, start() or end().
    private (PromAnchor Anchor, long AtMs) Moment()
    {
        var token = Peek;
        if (IsWord("start") || IsWord("end"))
        {
            var anchor = Take().Text.Equals("start", StringComparison.OrdinalIgnoreCase) ? PromAnchor.Start : PromAnchor.End;
            Expect("(", "@");
            Expect(")", "@");
            return (anchor, 0);
        }

        var sign = TryMinus() ? -1 : 1;
        var number = Take();
        var seconds = double.NaN;
        var isRead = number.Kind == QueryTokenKind.Duration && Quantities.TryDuration(number.Text, out seconds);
        seconds /= 1000;
        if (!isRead && (number.Kind is not (QueryTokenKind.Number or QueryTokenKind.Word) || !Quantities.TryNumber(number.Text, out seconds)))
            throw Unexpected(number, "in @, expected timestamp");
        return double.IsFinite(seconds) && Math.Abs(seconds) < 9e15
            ? (PromAnchor.Time, (long)Math.Round(seconds * 1000) * sign)
            : throw new QuerySyntaxException($"timestamp out of bounds for @ modifier: {Quantities.Format(seconds * sign)}", token.Offset);
    }

    private long Positive(string context, int offset) =>
        Duration(context) is > 0 and var duration ? duration : throw new QuerySyntaxException("duration must be greater than 0", offset);

    private long Duration(string context)
    {
        var token = Take();
        if (token.Kind == QueryTokenKind.Duration && Quantities.TryDuration(token.Text, out var milliseconds))
            return (long)milliseconds;
        if (token.Kind == QueryTokenKind.Number && Quantities.TryNumber(token.Text, out var seconds) && Math.Abs(seconds) < 3.2e9)
            return (long)(seconds * 1000);
        throw Unexpected(token, $"in {context}, expected a duration such as 5m");
    }

    private PromNode Primary()
    {
        var token = Peek;
        switch (token.Kind)
        {
            case QueryTokenKind.Number:
                Take();
                Quantities.TryNumber(token.Text, out var number);
                return Node(new PromNumber(number, token.Offset));
            case QueryTokenKind.Duration:
                Take();
                Quantities.TryDuration(token.Text, out var milliseconds);
                return Node(new PromNumber(milliseconds / 1000, token.Offset));
            case QueryTokenKind.Text:
                Take();
                return Node(new PromString(token.Text, token.Offset));
            case QueryTokenKind.Word:
                return Named();
            case QueryTokenKind.Sign when token.Text == "(":
                Take();
                var inner = Expression(0);
                Expect(")", "parenthesized expression");
                return inner;
            case QueryTokenKind.Sign when token.Text == "{":
                return Node(Selector(null, token.Offset));
            case QueryTokenKind.End:
                throw new QuerySyntaxException(Depth > 1 && HasUnclosed ? "unclosed left parenthesis" : "unexpected end of input", token.Offset);
            default:
                throw Unexpected(token, "where an expression was expected");
        }
    }

    private PromNode Named()
    {
        var token = Take();
        var lower = token.Text.ToLowerInvariant();
        if (lower is "inf" or "nan" && !Peek.Is("{"))
        {
            Quantities.TryNumber(lower, out var number);
            return Node(new PromNumber(number, token.Offset));
        }

        var opens = Peek.Is("(");
        if (PromSubset.Aggregations.ContainsKey(lower) && (opens || IsWord("by") || IsWord("without")))
            return Aggregate(lower, token.Offset);
        if (opens)
            return Call(token);
        if (lower is "by" or "without" or "on" or "ignoring" or "bool" or "group_left" or "group_right" or "offset" or "and" or "or" or "unless")
            throw new QuerySyntaxException($"unexpected <{lower}>", token.Offset);
        return Node(Selector(token.Text, token.Offset));
    }

    private PromAggregate Aggregate(string name, int offset)
    {
        IReadOnlyCollection<string>? grouping = null;
        var without = false;
        void Grouping()
        {
            if (grouping is null && (IsWord("by") || IsWord("without")))
            {
                without = Take().Text.Equals("without", StringComparison.OrdinalIgnoreCase);
                grouping = Names();
            }
        }

        Grouping();
        var arguments = Arguments(name);
        Grouping();

        var parameter = PromSubset.Aggregations[name];
        var expected = parameter is null ? 1 : 2;
        if (arguments.Count != expected)
            throw new QuerySyntaxException($"wrong number of arguments for aggregate expression provided, expected {expected}, got {arguments.Count}", offset);

        var body = arguments[^1];
        if (body.Type != PromType.Vector)
            throw Wrong(PromType.Vector, body, $"aggregation expression \"{name}\"");
        if (parameter is { } type && arguments[0].Type != type)
            throw Wrong(type, arguments[0], $"aggregation parameter of \"{name}\"");
        return Node(new PromAggregate(name, body, parameter is null ? null : arguments[0], grouping ?? [], without, offset));
    }

    private PromCall Call(QueryToken name)
    {
        if (!PromSubset.Functions.TryGetValue(name.Text, out var function))
            throw new QuerySyntaxException(PromSubset.Refuse($"the function \"{name.Text}\""), name.Offset);

        var arguments = Arguments(name.Text);
        var least = function.Arguments.Length - function.Optional;
        if (arguments.Count < least || (!function.Variadic && arguments.Count > function.Arguments.Length))
        {
            throw new QuerySyntaxException(
                $"expected {(function.Variadic ? "at least " : "")}{least} argument(s) in call to \"{name.Text}\", got {arguments.Count}", name.Offset);
        }

        for (var i = 0; i < arguments.Count; i++)
        {
            var expected = function.Arguments[Math.Min(i, function.Arguments.Length - 1)];
            if (arguments[i].Type != expected)
                throw Wrong(expected, arguments[i], $"call to function \"{name.Text}\"");
        }

        if (function.Name == "label_replace")
            Patterns.Anchored(((PromString)arguments[4]).Value, arguments[4].Offset);
        return Node(new PromCall(function, arguments, name.Offset));
    }

    private static QuerySyntaxException Wrong(PromType expected, PromNode node, string context) =>
        new($"expected type {Name(expected)} in {context}, got {Name(node.Type)}", node.Offset);

    private static string Name(PromType type) => type switch
    {
        PromType.Scalar => "scalar",
        PromType.Vector => "instant vector",
        PromType.Matrix => "range vector",
        _ => "string",
    };

    private List<PromNode> Arguments(string context)
    {
        Expect("(", $"call to \"{context}\"");
        var arguments = new List<PromNode>();
        if (TryTake(")"))
            return arguments;

        do
        {
            arguments.Add(Expression(0));
        }
        while (TryTake(","));

        Expect(")", $"call to \"{context}\"");
        return arguments;
    }
}
