using System.Text.RegularExpressions;

namespace MicroMonitored.Embedded.Query.TraceQL;

/// <summary>Parses what stands within <c>{ … }</c>.</summary>
internal abstract class TraceExpressionParser(string query) : TraceScanner(query)
{
    private static readonly string[] Signs = ["&&", "||", "=~", "!~", "!=", ">=", "<=", "=", ">", "<", "+", "-", "*", "/", "%", "^"];

    protected static int Strength(string sign) => sign switch
    {
        "&&" or "||" => 1,
        "+" or "-" => 3,
        "*" or "/" or "%" => 5,
        "^" => 6,
        _ => 2,
    };

    /// <summary>Says of a part what keeps it from being a query, with its place.</summary>
    protected static QuerySyntaxException Illegal(string reason, int at) => new(reason, at);

    protected TraceExpression Expression() => Nested(() => Binary(0));

    private TraceExpression Binary(int least)
    {
        var start = Position;
        var left = Operand();
        while (SignOf(Signs) is { } sign && Strength(sign) > least)
        {
            Count();
            var at = Position;
            Expect(sign);
            var right = Nested(() => Binary(sign == "^" ? Strength(sign) - 1 : Strength(sign)));
            left = Join(sign, left, right, start, at);
        }

        return left;
    }

    private static TraceBinary Join(string sign, TraceExpression left, TraceExpression right, int start, int at)
    {
        if (!TraceValues.Match(left.Type, right.Type))
            throw Illegal($"binary operations must operate on the same type: {left} {sign} {right}", start);
        if (!TraceValues.Allows(sign, left.Type) || !TraceValues.Allows(sign, right.Type))
            throw Illegal($"illegal operation for the given types: {left} {sign} {right}", at);
        foreach (var (nil, other) in ((TraceExpression, TraceExpression)[])[(left, right), (right, left)])
        {
            if (sign == "=" && nil is TraceStatic { Value: null } && other is TraceOfField { Field: { } field } && IsAlwaysThere(field))
                throw Illegal($"{field} = nil is not valid because {field} cannot be nil", start);
        }

        Regex? pattern = null;
        if (sign is "=~" or "!~")
        {
            pattern = right is TraceStatic { Value: string text }
                ? Patterns.Anchored(text, at + sign.Length)
                : throw Illegal($"{sign} needs a string", at);
        }

        return new(sign, left, right, pattern);
    }

    private static bool IsAlwaysThere(TraceField field) =>
        field is { Scope: TraceScope.Intrinsic, Name: not "span:parentID" } or { Scope: TraceScope.Resource, Name: "service.name" };

    private TraceExpression Operand()
    {
        Count();
        var at = Position;
        if (TryTake("("))
        {
            var inner = Expression();
            Expect(")");
            return inner;
        }

        foreach (var (sign, strength) in ((string, int)[])[("-", 3), ("!", 4)])
        {
            if (!TryTake(sign))
                continue;
            var body = Nested(() => Binary(strength));
            var fits = sign == "!" ? body.Type == TraceType.Bool : TraceValues.IsNumeric(body.Type);
            if (!fits && body.Type != TraceType.Attribute)
                throw Illegal($"illegal operation for the given type: {sign}{body}", at);
            return new TraceUnary(sign == "!", body);
        }

        if (AtText)
            return new TraceStatic(Text());
        if (AtNumber)
            return new TraceStatic(Number());
        return Word();
    }

    private TraceExpression Word()
    {
        var word = PeekWord();
        object? value = word switch
        {
            "true" => true,
            "false" => false,
            "minInt" => long.MinValue,
            "maxInt" => long.MaxValue,
            _ => TraceField.Keyword(word),
        };
        if (value is null && word != "nil")
            return new TraceOfField(Field());
        Expect(word);
        return new TraceStatic(value);
    }

    /// <summary>A field: <c>.a</c>, <c>span.a</c>, <c>duration</c>, <c>event:name</c>, <c>parent.a</c>.</summary>
    protected TraceField Field()
    {
        var start = Position;
        if (TryPrefix("."))
            return new(TraceScope.Any, AttributeName());
        var parent = TryPrefix("parent.");
        foreach (var scope in (string[])["span", "resource", "event", "link", "instrumentation"])
        {
            if (TryPrefix(scope + "."))
                return new(TraceField.ScopeOf(scope)!.Value, AttributeName(), parent);
        }

        var word = PeekWord();
        if (TryPrefix(word + ":"))
            word += ":" + PeekWord();
        if (word.Length == 0)
            throw Unexpected("a field or a value");
        if (TraceField.Intrinsics.Contains(word))
        {
            Expect(word[(word.IndexOf(':', StringComparison.Ordinal) + 1)..]);
            return new(TraceScope.Intrinsic, word, parent);
        }

        if (parent)
            return new(TraceScope.Any, AttributeName(), Parent: true);
        throw word == "parent"
            ? Illegal(TraceParser.Refuse("the field parent without a name after it"), start)
            : Illegal($"syntax error: unexpected {word}; an attribute needs its scope: .{word}, span.{word} or resource.{word}", start);
    }

    protected List<TraceField> Fields()
    {
        Expect("(");
        var fields = new List<TraceField>();
        do
        {
            Count();
            fields.Add(Field());
        }
        while (TryTake(","));
        Expect(")");
        return fields;
    }
}
