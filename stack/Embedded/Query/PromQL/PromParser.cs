using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>Parses the PromQL subset of <see cref="PromSubset"/>; anything else is a <see cref="QuerySyntaxException"/> that names it.</summary>
internal sealed class PromParser
{
    private readonly PromCursor cursor;
    private int depth;
    private int nodes;

    private PromParser(string query) => cursor = new(query);

    /// <summary>Parses a whole expression.</summary>
    public static PromNode Parse(string query)
    {
        var parser = new PromParser(query);
        if (parser.cursor.Peek.Kind == PromTokenKind.End)
            throw new QuerySyntaxException("no expression found in input", 0);

        var node = parser.Expression(0);
        if (parser.cursor.Peek.Is(")"))
            throw new QuerySyntaxException("unexpected right parenthesis ')'", parser.cursor.Peek.Offset);
        if (parser.cursor.Peek.Kind != PromTokenKind.End)
            throw parser.cursor.Unexpected("expected an operator or the end of the query");
        return node;
    }

    /// <summary>Parses a bare selector, as <c>match[]</c> takes it.</summary>
    public static IReadOnlyList<LabelMatcher> Matchers(string query) =>
        Parse(query) is PromSelector { RangeMs: null, ShiftMs: 0 } selector
            ? selector.Matchers
            : throw new QuerySyntaxException("expected a series selector", 0);

    private T Node<T>(T node) where T : PromNode
    {
        if (++nodes > QueryLimits.Nodes)
            throw new QuerySyntaxException($"query has more than {QueryLimits.Nodes} parts", node.Offset);
        return node;
    }

    private PromNode Expression(int minimum)
    {
        if (++depth > QueryLimits.Depth)
            throw new QuerySyntaxException($"query nests deeper than {QueryLimits.Depth} levels", cursor.Peek.Offset);

        var left = Unary();
        while (TryOperator(out var name, out var precedence) && precedence >= minimum)
        {
            var offset = cursor.Peek.Offset;
            cursor.Take();
            if (name == "atan2")
                throw new QuerySyntaxException(PromSubset.Refuse("the operator atan2"), offset);

            var returnBool = cursor.IsKeyword("bool");
            if (returnBool)
            {
                if (precedence != 3)
                    throw new QuerySyntaxException("bool modifier can only be used on comparison operators", cursor.Peek.Offset);
                cursor.Take();
            }

            var matching = Matching(name, out var explicitMatching);
            var right = Expression(name == "^" ? precedence : precedence + 1);
            Check(name, left, right, returnBool, explicitMatching, offset);
            left = Node(new PromBinary(name, left, right, returnBool, matching, left.Offset));
        }

        depth--;
        return left;
    }

    private bool TryOperator(out string name, out int precedence)
    {
        var token = cursor.Peek;
        name = token.Kind == PromTokenKind.Identifier ? token.Text.ToLowerInvariant() : token.Text;
        precedence = (token.Kind, name) switch
        {
            (PromTokenKind.Identifier, "or") => 1,
            (PromTokenKind.Identifier, "and" or "unless") => 2,
            (PromTokenKind.Punctuation, "==" or "!=" or "<" or "<=" or ">" or ">=") => 3,
            (PromTokenKind.Punctuation, "+" or "-") => 4,
            (PromTokenKind.Punctuation, "*" or "/" or "%") => 5,
            (PromTokenKind.Identifier, "atan2") => 5,
            (PromTokenKind.Punctuation, "^") => 6,
            _ => -1,
        };
        return precedence > 0;
    }

    private PromMatching Matching(string name, out bool given)
    {
        given = false;
        var on = cursor.IsKeyword("on");
        if (!on && !cursor.IsKeyword("ignoring"))
            return PromMatching.Default;

        cursor.Take();
        given = true;
        var names = cursor.Names();
        var cardinality = PromCardinality.OneToOne;
        IReadOnlyCollection<string> include = [];
        if (cursor.IsKeyword("group_left") || cursor.IsKeyword("group_right"))
        {
            var keyword = cursor.Take();
            if (name is "and" or "or" or "unless")
                throw new QuerySyntaxException($"no grouping allowed for set operations", keyword.Offset);

            cardinality = keyword.Text.Equals("group_left", StringComparison.OrdinalIgnoreCase) ? PromCardinality.ManyToOne : PromCardinality.OneToMany;
            if (cursor.Peek.Is("("))
                include = cursor.Names();
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
        if (cursor.Peek.Is("-") || cursor.Peek.Is("+"))
        {
            var sign = cursor.Take();
            var body = Expression(6);
            if (body.Type is PromType.Matrix or PromType.String)
                throw new QuerySyntaxException("unary expression only allowed on expressions of type scalar or instant vector", sign.Offset);
            return sign.Text == "-" ? Node(new PromNegate(body, sign.Offset)) : body;
        }

        return Postfix(Primary());
    }

    private PromNode Postfix(PromNode node)
    {
        while (true)
        {
            if (cursor.Peek.Is("["))
            {
                var bracket = cursor.Take();
                var range = Duration("range");
                if (cursor.Peek.Is(":"))
                    throw new QuerySyntaxException(PromSubset.Refuse("a subquery"), bracket.Offset);
                cursor.Expect("]", "range selector");
                if (node is not PromSelector { RangeMs: null } selector)
                    throw new QuerySyntaxException("ranges only allowed for vector selectors", bracket.Offset);
                if (selector.ShiftMs != 0)
                    throw new QuerySyntaxException("no offset modifiers allowed before range", bracket.Offset);
                if (range <= 0)
                    throw new QuerySyntaxException("duration must be greater than 0", bracket.Offset);
                node = selector with { RangeMs = range, Type = PromType.Matrix };
            }
            else if (cursor.IsKeyword("offset"))
            {
                var keyword = cursor.Take();
                var sign = cursor.TryTake("-") ? -1 : 1;
                var shift = Duration("offset") * sign;
                if (node is not PromSelector selector)
                    throw new QuerySyntaxException("offset modifier must be preceded by an instant vector selector or range vector selector", keyword.Offset);
                if (selector.ShiftMs != 0)
                    throw new QuerySyntaxException("offset may not be set multiple times", keyword.Offset);
                node = selector with { ShiftMs = shift };
            }
            else if (cursor.Peek.Is("@"))
            {
                throw new QuerySyntaxException(PromSubset.Refuse("the @ modifier"), cursor.Peek.Offset);
            }
            else
            {
                return node;
            }
        }
    }

    private long Duration(string context)
    {
        var token = cursor.Take();
        if (token.Kind == PromTokenKind.Duration && Quantities.TryDuration(token.Text, out var milliseconds))
            return (long)milliseconds;
        if (token.Kind == PromTokenKind.Number && Quantities.TryNumber(token.Text, out var seconds) && Math.Abs(seconds) < 3.2e9)
            return (long)(seconds * 1000);
        throw new QuerySyntaxException($"unexpected {token} in {context}, expected a duration such as 5m", token.Offset);
    }

    private PromNode Primary()
    {
        var token = cursor.Peek;
        switch (token.Kind)
        {
            case PromTokenKind.Number:
                cursor.Take();
                Quantities.TryNumber(token.Text, out var number);
                return Node(new PromNumber(number, token.Offset));
            case PromTokenKind.Duration:
                cursor.Take();
                Quantities.TryDuration(token.Text, out var milliseconds);
                return Node(new PromNumber(milliseconds / 1000, token.Offset));
            case PromTokenKind.String:
                cursor.Take();
                return Node(new PromString(token.Text, token.Offset));
            case PromTokenKind.Identifier:
                return Named();
            case PromTokenKind.Punctuation when token.Text == "(":
                cursor.Take();
                var inner = Expression(0);
                cursor.Expect(")", "parenthesized expression");
                // A parenthesized selector takes no range or offset.
                return inner is PromSelector && (cursor.Peek.Is("[") || cursor.IsKeyword("offset"))
                    ? throw new QuerySyntaxException("ranges and offsets only allowed directly after a selector", cursor.Peek.Offset)
                    : inner;
            case PromTokenKind.Punctuation when token.Text == "{":
                return Node(PromSelectorParser.Parse(cursor, null, token.Offset));
            case PromTokenKind.End:
                throw new QuerySyntaxException(depth > 1 && cursor.HasUnclosed ? "unclosed left parenthesis" : "unexpected end of input", token.Offset);
            default:
                throw cursor.Unexpected("where an expression was expected");
        }
    }

    private PromNode Named()
    {
        var token = cursor.Take();
        var lower = token.Text.ToLowerInvariant();
        if (lower is "inf" or "nan" && !cursor.Peek.Is("{"))
        {
            Quantities.TryNumber(lower, out var number);
            return Node(new PromNumber(number, token.Offset));
        }

        var opens = cursor.Peek.Is("(");
        if (PromSubset.Aggregations.Contains(lower) && (opens || cursor.IsKeyword("by") || cursor.IsKeyword("without")))
            return Aggregate(lower, token.Offset);
        if (opens)
            return Call(token);
        if (lower is "by" or "without" or "on" or "ignoring" or "bool" or "group_left" or "group_right" or "offset" or "and" or "or" or "unless")
            throw new QuerySyntaxException($"unexpected <{lower}>", token.Offset);
        return Node(PromSelectorParser.Parse(cursor, token.Text, token.Offset));
    }

    private PromAggregate Aggregate(string name, int offset)
    {
        IReadOnlyCollection<string>? grouping = null;
        var without = false;
        void Grouping()
        {
            if (grouping is null && (cursor.IsKeyword("by") || cursor.IsKeyword("without")))
            {
                without = cursor.Take().Text.Equals("without", StringComparison.OrdinalIgnoreCase);
                grouping = cursor.Names();
            }
        }

        Grouping();
        var arguments = Arguments(name);
        Grouping();

        var expected = name is "topk" or "bottomk" or "quantile" ? 2 : 1;
        if (arguments.Count != expected)
            throw new QuerySyntaxException($"wrong number of arguments for aggregate expression provided, expected {expected}, got {arguments.Count}", offset);

        var body = arguments[^1];
        if (body.Type != PromType.Vector)
            throw Wrong(PromType.Vector, body, $"aggregation expression \"{name}\"");
        if (expected == 2 && arguments[0].Type != PromType.Scalar)
            throw Wrong(PromType.Scalar, arguments[0], $"aggregation parameter of \"{name}\"");
        return Node(new PromAggregate(name, body, expected == 2 ? arguments[0] : null, grouping ?? [], without, offset));
    }

    private PromCall Call(PromToken name)
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

    private static QuerySyntaxException Wrong(PromType expected, PromNode node, string context)
    {
        static string Name(PromType type) => type switch
        {
            PromType.Scalar => "scalar",
            PromType.Vector => "instant vector",
            PromType.Matrix => "range vector",
            _ => "string",
        };

        return new($"expected type {Name(expected)} in {context}, got {Name(node.Type)}", node.Offset);
    }

    private List<PromNode> Arguments(string context)
    {
        cursor.Expect("(", $"call to \"{context}\"");
        var arguments = new List<PromNode>();
        if (cursor.TryTake(")"))
            return arguments;

        do
        {
            arguments.Add(Expression(0));
        }
        while (cursor.TryTake(","));

        cursor.Expect(")", $"call to \"{context}\"");
        return arguments;
    }
}
