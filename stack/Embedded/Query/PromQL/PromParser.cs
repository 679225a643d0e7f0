using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>Parses the PromQL subset of <see cref="PromSubset"/>; anything else is a <see cref="QuerySyntaxException"/> that names it.</summary>
internal sealed class PromParser
{
    private readonly List<PromToken> tokens;
    private int next;
    private int depth;
    private int nodes;

    private PromParser(string query) => tokens = PromLexer.Tokens(query);

    /// <summary>Parses a whole expression.</summary>
    public static PromNode Parse(string query)
    {
        var parser = new PromParser(query);
        if (parser.Peek.Kind == PromTokenKind.End)
            throw new QuerySyntaxException("no expression found in input", 0);

        var node = parser.Expression(0);
        if (parser.Peek.Is(")"))
            throw new QuerySyntaxException("unexpected right parenthesis ')'", parser.Peek.Offset);
        if (parser.Peek.Kind != PromTokenKind.End)
            throw parser.Unexpected("expected an operator or the end of the query");
        return node;
    }

    /// <summary>Parses a bare selector, as <c>match[]</c> takes it.</summary>
    public static IReadOnlyList<LabelMatcher> Matchers(string query) =>
        Parse(query) is PromSelector { RangeMs: null, ShiftMs: 0 } selector
            ? selector.Matchers
            : throw new QuerySyntaxException("expected a series selector", 0);

    private PromToken Peek => tokens[next];

    private PromToken Take() => tokens[next].Kind == PromTokenKind.End ? tokens[next] : tokens[next++];

    private bool TryTake(string punctuation)
    {
        if (!Peek.Is(punctuation))
            return false;
        next++;
        return true;
    }

    private bool IsKeyword(string keyword) =>
        Peek.Kind == PromTokenKind.Identifier && Peek.Text.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    private bool TryKeyword(string keyword)
    {
        if (!IsKeyword(keyword))
            return false;
        next++;
        return true;
    }

    private void Expect(string punctuation, string context)
    {
        if (TryTake(punctuation))
            return;

        if (Peek.Kind == PromTokenKind.End)
        {
            throw new QuerySyntaxException(punctuation switch
            {
                ")" => "unclosed left parenthesis",
                "]" => "unclosed left bracket",
                "}" => "unexpected end of input inside braces",
                _ => $"unexpected end of input in {context}, expected \"{punctuation}\"",
            }, Peek.Offset);
        }

        throw Unexpected($"in {context}, expected \"{punctuation}\"");
    }

    private QuerySyntaxException Unexpected(string rest) => new($"unexpected {Peek} {rest}", Peek.Offset);

    private T Node<T>(T node) where T : PromNode
    {
        if (++nodes > QueryLimits.Nodes)
            throw new QuerySyntaxException($"query has more than {QueryLimits.Nodes} parts", node.Offset);
        return node;
    }

    private PromNode Expression(int minimum)
    {
        if (++depth > QueryLimits.Depth)
            throw new QuerySyntaxException($"query nests deeper than {QueryLimits.Depth} levels", Peek.Offset);

        var left = Unary();
        while (TryOperator(out var name, out var precedence) && precedence >= minimum)
        {
            var offset = Peek.Offset;
            Take();
            if (name == "atan2")
                throw new QuerySyntaxException(PromSubset.Refuse("the operator atan2"), offset);

            var returnBool = IsKeyword("bool");
            if (returnBool)
            {
                if (precedence != 3)
                    throw new QuerySyntaxException("bool modifier can only be used on comparison operators", Peek.Offset);
                Take();
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
        var token = Peek;
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
        var on = IsKeyword("on");
        if (!on && !IsKeyword("ignoring"))
            return PromMatching.Default;

        Take();
        given = true;
        var names = Names();
        var cardinality = PromCardinality.OneToOne;
        IReadOnlyCollection<string> include = [];
        if (IsKeyword("group_left") || IsKeyword("group_right"))
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

        return Postfix(Primary());
    }

    private PromNode Postfix(PromNode node)
    {
        while (true)
        {
            if (Peek.Is("["))
            {
                var bracket = Take();
                var range = Duration("range");
                if (Peek.Is(":"))
                    throw new QuerySyntaxException(PromSubset.Refuse("a subquery"), bracket.Offset);
                Expect("]", "range selector");
                if (node is not PromSelector { RangeMs: null } selector)
                    throw new QuerySyntaxException("ranges only allowed for vector selectors", bracket.Offset);
                if (selector.ShiftMs != 0)
                    throw new QuerySyntaxException("no offset modifiers allowed before range", bracket.Offset);
                if (range <= 0)
                    throw new QuerySyntaxException("duration must be greater than 0", bracket.Offset);
                node = selector with { RangeMs = range, Type = PromType.Matrix };
            }
            else if (IsKeyword("offset"))
            {
                var keyword = Take();
                var sign = TryTake("-") ? -1 : 1;
                var shift = Duration("offset") * sign;
                if (node is not PromSelector selector)
                    throw new QuerySyntaxException("offset modifier must be preceded by an instant vector selector or range vector selector", keyword.Offset);
                if (selector.ShiftMs != 0)
                    throw new QuerySyntaxException("offset may not be set multiple times", keyword.Offset);
                node = selector with { ShiftMs = shift };
            }
            else if (Peek.Is("@"))
            {
                throw new QuerySyntaxException(PromSubset.Refuse("the @ modifier"), Peek.Offset);
            }
            else
            {
                return node;
            }
        }
    }

    private long Duration(string context)
    {
        var token = Take();
        if (token.Kind == PromTokenKind.Duration && Quantities.TryDuration(token.Text, out var milliseconds))
            return (long)milliseconds;
        if (token.Kind == PromTokenKind.Number && Quantities.TryNumber(token.Text, out var seconds) && Math.Abs(seconds) < 3.2e9)
            return (long)(seconds * 1000);
        throw new QuerySyntaxException($"unexpected {token} in {context}, expected a duration such as 5m", token.Offset);
    }

    private PromNode Primary()
    {
        var token = Peek;
        switch (token.Kind)
        {
            case PromTokenKind.Number:
                Take();
                Quantities.TryNumber(token.Text, out var number);
                return Node(new PromNumber(number, token.Offset));
            case PromTokenKind.Duration:
                Take();
                Quantities.TryDuration(token.Text, out var milliseconds);
                return Node(new PromNumber(milliseconds / 1000, token.Offset));
            case PromTokenKind.String:
                Take();
                return Node(new PromString(token.Text, token.Offset));
            case PromTokenKind.Identifier:
                return Named();
            case PromTokenKind.Punctuation when token.Text == "(":
                Take();
                var inner = Expression(0);
                Expect(")", "parenthesized expression");
                // A parenthesized selector takes no range or offset.
                return inner is PromSelector && (Peek.Is("[") || IsKeyword("offset"))
                    ? throw new QuerySyntaxException("ranges and offsets only allowed directly after a selector", Peek.Offset)
                    : inner;
            case PromTokenKind.Punctuation when token.Text == "{":
                return Selector(null, token.Offset);
            case PromTokenKind.End:
                throw new QuerySyntaxException(depth > 1 && Unclosed() ? "unclosed left parenthesis" : "unexpected end of input", token.Offset);
            default:
                throw Unexpected("where an expression was expected");
        }
    }

    private bool Unclosed() => tokens.Count(static t => t.Is("(")) > tokens.Count(static t => t.Is(")"));

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
        if (PromSubset.Aggregations.Contains(lower) && (opens || IsKeyword("by") || IsKeyword("without")))
            return Aggregate(lower, token.Offset);
        if (opens)
            return Call(token);
        if (lower is "by" or "without" or "on" or "ignoring" or "bool" or "group_left" or "group_right" or "offset" or "and" or "or" or "unless")
            throw new QuerySyntaxException($"unexpected <{lower}>", token.Offset);
        return Selector(token.Text, token.Offset);
    }

    private PromAggregate Aggregate(string name, int offset)
    {
        IReadOnlyCollection<string>? grouping = null;
        var without = false;
        void Grouping()
        {
            if (grouping is null && (IsKeyword("by") || IsKeyword("without")))
            {
                without = Take().Text.Equals("without", StringComparison.OrdinalIgnoreCase);
                grouping = Names();
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

    private HashSet<string> Names()
    {
        Expect("(", "grouping opts");
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (!TryTake(")"))
        {
            var token = Take();
            if (token.Kind is not (PromTokenKind.Identifier or PromTokenKind.String))
                throw new QuerySyntaxException(token.Kind == PromTokenKind.End ? "unclosed left parenthesis" : $"unexpected {token} in grouping opts, expected label", token.Offset);
            names.Add(token.Text);
            if (!Peek.Is(")"))
                Expect(",", "grouping opts");
        }

        return names;
    }

    private PromSelector Selector(string? metric, int offset)
    {
        var matchers = new List<LabelMatcher>();
        if (metric is not null)
            matchers.Add(new(Labels.MetricName, MatchOperator.Equal, metric));

        if (TryTake("{"))
        {
            while (!TryTake("}"))
            {
                matchers.Add(Matcher(metric));
                if (!Peek.Is("}"))
                    Expect(Peek.Kind == PromTokenKind.End ? "}" : ",", "label matching");
            }
        }

        if (matchers.All(static m => MatchesEmpty(m)))
            throw new QuerySyntaxException("vector selector must contain at least one non-empty matcher", offset);
        return Node(new PromSelector(matchers, null, 0, offset));
    }

    private LabelMatcher Matcher(string? metric)
    {
        var name = Take();
        if (name.Kind == PromTokenKind.End)
            throw new QuerySyntaxException("unexpected end of input inside braces", name.Offset);
        if (name.Kind is not (PromTokenKind.Identifier or PromTokenKind.String))
            throw new QuerySyntaxException($"unexpected {name} in label matching, expected identifier or \"}}\"", name.Offset);

        // {"metric.name"}: a quoted name on its own is the metric.
        if (name.Kind == PromTokenKind.String && (Peek.Is(",") || Peek.Is("}")))
        {
            return metric is null
                ? new(Labels.MetricName, MatchOperator.Equal, name.Text)
                : throw new QuerySyntaxException($"metric name must not be set twice: \"{metric}\" or \"{name.Text}\"", name.Offset);
        }

        var sign = Take();
        MatchOperator? match = sign.Kind != PromTokenKind.Punctuation ? null : sign.Text switch
        {
            "=" => MatchOperator.Equal,
            "!=" => MatchOperator.NotEqual,
            "=~" => MatchOperator.Matches,
            "!~" => MatchOperator.NotMatches,
            _ => null,
        };
        if (match is not { } kind)
        {
            throw new QuerySyntaxException(sign.Kind == PromTokenKind.End
                ? "unexpected end of input inside braces"
                : $"unexpected {sign} in label matching, expected label matching operator", sign.Offset);
        }

        var value = Take();
        if (value.Kind != PromTokenKind.String)
        {
            throw new QuerySyntaxException(value.Kind == PromTokenKind.End
                ? "unexpected end of input inside braces"
                : $"unexpected {value} in label matching, expected string", value.Offset);
        }

        if (metric is not null && name.Text == Labels.MetricName)
            throw new QuerySyntaxException($"metric name must not be set twice: \"{metric}\" or \"{value.Text}\"", name.Offset);
        if (kind is MatchOperator.Matches or MatchOperator.NotMatches)
            Patterns.Anchored(value.Text, value.Offset);
        return new(name.Text, kind, value.Text);
    }

    private static bool MatchesEmpty(LabelMatcher matcher) => matcher.Operator switch
    {
        MatchOperator.Equal => matcher.Value.Length == 0,
        MatchOperator.NotEqual => matcher.Value.Length > 0,
        MatchOperator.Matches => Patterns.Anchored(matcher.Value, 0).IsMatch(""),
        _ => !Patterns.Anchored(matcher.Value, 0).IsMatch(""),
    };
}
