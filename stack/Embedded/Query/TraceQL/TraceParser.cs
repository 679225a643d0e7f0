using MicroMonitored.Embedded.Query.LogQL;

namespace MicroMonitored.Embedded.Query.TraceQL;

/// <summary>A parsed query: which spans, and with <see cref="Metric"/> what is counted of them.</summary>
internal sealed record TraceQuery(TraceStage Spans, TraceMetric? Metric)
{
    public IEnumerable<TraceField> Fields() => Spans.Fields();
}

/// <summary>Parses TraceQL, and the logfmt of the <c>tags</c> parameter.</summary>
internal sealed class TraceParser : TraceExpressionParser
{
    private static readonly string[] Signs =
    [
        "&&", "||", "&>>", "&<<", "&>", "&<", "&~", "!>>", "!<<", "!>", "!<", "!~", ">>", "<<", ">=", "<=", "!=", ">", "<", "~", "=", "+", "-", "*", "/",
        "%", "^",
    ];

    private static readonly string[] Functions =
        ["rate", "count_over_time", "min_over_time", "max_over_time", "avg_over_time", "sum_over_time", "quantile_over_time", "histogram_over_time"];

    private TraceParser(string query) : base(query)
    {
    }

    /// <summary>What is said of what Tempo has and the engine does not.</summary>
    public static string Refuse(string what) => $"{what} is not supported by the embedded engine. Run the stack with --engine=docker for all of TraceQL";

    public static TraceQuery Parse(string query)
    {
        var parser = new TraceParser(query);
        if (parser.End)
            return new(TraceFilter.Everything, null);
        var part = parser.Pipeline();
        parser.Hints();
        if (!parser.End)
            throw parser.Unexpected("the end of the query");
        return part.Item switch
        {
            TraceStage stage => new(stage, null),
            TraceMetric metric => new(metric.Spans(), metric),
            _ => throw Illegal("syntax error: this is no spanset and no metric; compare it, as in { } | count() > 2", part.At),
        };
    }

    /// <summary>Reads <c>service.name=x name="y z"</c>.</summary>
    public static TraceQuery Tags(string tags)
    {
        TraceExpression? all = null;
        var pairs = LogParsers.Pairs(tags, out var torn);
        if (torn || pairs.Count > QueryLimits.Depth)
            throw new QuerySyntaxException(torn ? "unterminated quoted value" : $"more than {QueryLimits.Depth} tags", 0);

        foreach (var (key, value) in pairs)
        {
            if (value.Length == 0)
                throw new QuerySyntaxException($"tag {key} has no value", 0);

            var (field, wanted) = key switch
            {
                "service.name" => (new(TraceScope.Resource, key), value),
                "name" or "status" or "kind" => (new(TraceScope.Intrinsic, key), value),
                "root.name" => (new(TraceScope.Intrinsic, "rootName"), value),
                "root.service.name" => (new(TraceScope.Intrinsic, "rootServiceName"), value),
                "error" when value == "true" => (new TraceField(TraceScope.Intrinsic, "status"), "error"),
                _ => (new(TraceScope.Any, key), value),
            };
            TraceExpression one = field.Type switch
            {
                TraceType.Attribute when field.Scope == TraceScope.Any => new TraceTag(field, wanted),
                TraceType.Status or TraceType.Kind =>
                    new TraceBinary("=", new TraceOfField(field), new TraceStatic(TraceField.Keyword(wanted) as object ?? wanted)),
                _ => new TraceBinary("=", new TraceOfField(field), new TraceStatic(wanted)),
            };
            all = all is null ? one : new TraceBinary("&&", all, one);
        }

        return new(all is null ? TraceFilter.Everything : new TraceFilter(all), null);
    }

    /// <summary>A part of a query: a stage, an aggregate's number, a metric or a value, in parentheses or not.</summary>
    private readonly record struct Part(object Item, int At, bool Wrapped = false);

    private void Hints()
    {
        while (TryWord("with"))
        {
            Expect("(");
            do
            {
                var name = PeekWord();
                if (name.Length == 0)
                    throw Unexpected("the name of a hint");
                Expect(name);
                Expect("=");
                Expression();
            }
            while (TryTake(","));
            Expect(")");
        }
    }

    private Part Pipeline() => Nested(() =>
    {
        var part = Binary(0);
        while (At("|") && !At("||"))
        {
            Count();
            Expect("|");
            part = Piped(part);
        }

        return part;
    });

    private Part Piped(Part left)
    {
        var at = Position;
        var word = PeekWord();
        if (word is "topk" or "bottomk")
        {
            if (left.Item is not TraceMetric ranked)
                throw Illegal($"syntax error: {word} needs a metric such as {{ }} | rate() before it", at);
            Expect(word);
            Expect("(");
            var count = Number() as long? ?? throw Unexpected("a whole number");
            Expect(")");
            if (count is < 1 or > int.MaxValue)
                throw Illegal($"{word} needs a number above zero", at);
            return Filtered(new(new TraceMetricRank(ranked, (int)count, word == "bottomk"), left.At));
        }

        if (left.Item is not TraceStage stage)
        {
            throw Illegal(left.Item is TraceMetric
                ? "syntax error: unexpected |; only topk(…) and bottomk(…) follow a metric"
                : "syntax error: unexpected |; compare the number first", at);
        }

        if (word == "compare")
            throw Illegal(Refuse("compare(…)"), at);
        if (Functions.Contains(word))
            return Filtered(new(Measure(stage, word), left.At));
        if (word == "coalesce")
        {
            Expect(word);
            Expect("(");
            Expect(")");
            return new(Then(stage, new TraceCoalesce()), left.At);
        }

        var next = Binary(0);
        return next.Item switch
        {
            TraceStage following => new(Then(stage, following), left.At),
            TraceAggregate { Source: null } aggregate => new(aggregate with { Source = stage }, left.At),
            _ => throw Illegal("syntax error: expecting a spanset, a comparison of an aggregate, by(…), select(…) or coalesce()", at),
        };
    }

    private static TracePipeline Then(TraceStage first, TraceStage next) =>
        new(first is TracePipeline pipeline ? [.. pipeline.Stages, next] : [first, next]);

    // A comparison right after a metric without parentheses chooses its points.
    private Part Filtered(Part part)
    {
        while (SignOf(Signs) is { } sign && TraceValues.IsComparison(sign))
        {
            var at = Position;
            Expect(sign);
            part = Join(sign, part with { Wrapped = true }, Binary(2), at);
        }

        return part;
    }

    private TraceMeasure Measure(TraceStage spans, string function)
    {
        Expect(function);
        Expect("(");
        TraceField? field = function is "rate" or "count_over_time" ? null : Field();
        var quantiles = new List<double>();
        while (function == "quantile_over_time" && (quantiles.Count == 0 || At(",")))
        {
            Expect(",");
            Count();
            var at = Position;
            var value = Number();
            quantiles.Add(value is long or double ? TraceValues.Number(value) : throw Illegal("a quantile is a number from 0 to 1", at));
        }

        Expect(")");
        return new(spans, function, field, quantiles, TryWord("by") ? Fields() : []);
    }

    private Part Binary(int least)
    {
        var left = Primary();
        while (SignOf(Signs) is { } sign && Strength(sign) > least)
        {
            Count();
            var at = Position;
            Expect(sign);
            left = Join(sign, left, Nested(() => Binary(sign == "^" ? Strength(sign) - 1 : Strength(sign))), at);
        }

        return left;
    }

    private static Part Join(string sign, Part left, Part right, int at)
    {
        object? item = (left.Item, right.Item) switch
        {
            (TraceStage a, TraceStage b) when sign is not ("=" or "!=" or "<=" or ">=") && Strength(sign) < 3 && IsOperand(left) && IsOperand(right) =>
                new TraceRelation(sign, a, b),
            (TraceMetric a, TraceMetric b) when sign is "+" or "-" or "*" or "/" && left.Wrapped && right.Wrapped => new TraceMetricBinary(sign, a, b),
            (TraceMetric a, var b) when sign is "+" or "-" or "*" or "/" && left.Wrapped && b is long or double =>
                new TraceMetricScalar(sign, a, TraceValues.Number(b), ScalarLeft: false),
            (var a, TraceMetric b) when sign is "+" or "-" or "*" or "/" && right.Wrapped && a is long or double =>
                new TraceMetricScalar(sign, b, TraceValues.Number(a), ScalarLeft: true),
            (TraceMetric a, long or double or TraceDuration) when TraceValues.IsComparison(sign) && sign is not ("=~" or "!~") && left.Wrapped =>
                new TraceMetricFilter(sign, a, right.Item is TraceDuration limit ? limit.Ns / 1e9 : TraceValues.Number(right.Item)),
            (TraceScalar or long or double or TraceDuration, TraceScalar or long or double or TraceDuration) when Strength(sign) > 1 =>
                Scalars(sign, left, right, at),
            _ => null,
        };
        return new(item ?? throw Illegal($"syntax error: unexpected {sign} between what stands at its sides", at), left.At, IsArithmetic(sign));
    }

    // A filter, or filters joined; anything longer needs parentheses.
    private static bool IsOperand(Part part) => part.Wrapped || part.Item is TraceFilter or TraceRelation;

    private static bool IsArithmetic(string sign) => sign is "+" or "-" or "*" or "/" or "%" or "^";

    private static object Scalars(string sign, Part left, Part right, int at)
    {
        if (left.Item is not TraceScalar && right.Item is not TraceScalar)
        {
            if (!IsArithmetic(sign))
                throw Illegal($"syntax error: unexpected {sign} between two values; compare an aggregate such as count()", at);
            if (left.Item is TraceDuration || right.Item is TraceDuration)
                throw Illegal("a duration cannot be used in arithmetic of values", at);
            return TraceValues.Apply(sign, left.Item, right.Item) ?? throw Illegal("division by zero", at);
        }

        var (a, b) = (left.Item as TraceScalar ?? new TraceConstant(left.Item), right.Item as TraceScalar ?? new TraceConstant(right.Item));
        if (IsArithmetic(sign))
            return new TraceScalarBinary(sign, a, b);
        return TraceValues.IsComparison(sign) && sign is not ("=~" or "!~")
            ? new TraceScalarFilter(sign, a, b)
            : throw Illegal($"syntax error: unexpected {sign} between numbers", at);
    }

    private Part Primary()
    {
        Count();
        var at = Position;
        if (TryTake("{"))
        {
            if (TryTake("}"))
                return new(TraceFilter.Everything, at);
            var body = Position;
            var condition = Expression();
            if (!TryTake("}"))
                throw Unexpected("}, && or ||");
            return condition.Type is TraceType.Bool or TraceType.Attribute
                ? new(new TraceFilter(condition), at)
                : throw Illegal($"span filter field expressions must resolve to a boolean: {{ {condition} }}", body);
        }

        if (TryTake("("))
        {
            var inner = Pipeline();
            Expect(")");
            return inner with { Wrapped = true };
        }

        if (TryTake("-"))
        {
            return Nested(() => Binary(6)).Item switch
            {
                long whole => new(unchecked(-whole), at),
                double number => new(-number, at),
                TraceDuration duration => new(new TraceDuration(-duration.Ns), at),
                _ => throw Illegal("syntax error: unexpected -, expecting a number after it", at),
            };
        }

        return AtNumber || At(".") ? new(Number(), at) : new(Call(at), at);
    }

    private object Call(int at)
    {
        var word = PeekWord();
        switch (word)
        {
            case "count":
                Expect(word);
                Expect("(");
                Expect(")");
                return new TraceAggregate(word, null);
            case "avg" or "max" or "min" or "sum":
                Expect(word);
                Expect("(");
                var body = Expression();
                Expect(")");
                if (body.Type != TraceType.Attribute && !TraceValues.IsNumeric(body.Type))
                    throw Illegal($"aggregate field expressions must resolve to a number type: {word}({body})", at);
                return body.Fields().Any()
                    ? new TraceAggregate(word, body)
                    : throw Illegal($"aggregate field expressions must reference the span: {word}({body})", at);
            case "by":
                Expect(word);
                Expect("(");
                var key = Expression();
                Expect(")");
                return key.Fields().Any()
                    ? new TraceGroup(key)
                    : throw Illegal($"grouping field expressions must reference the span: by({key})", at);
            case "select":
                Expect(word);
                return new TraceSelect(Fields());
            default:
                throw Unexpected("{, (, by(…), select(…) or an aggregate such as count()");
        }
    }
}
