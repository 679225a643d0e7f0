using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>Parses <c>metric{label="value", …}</c>.</summary>
internal static class PromSelectorParser
{
    /// <param name="metric">The name that stood before the braces; null where there was none.</param>
    public static PromSelector Parse(PromCursor cursor, string? metric, int offset)
    {
        var matchers = new List<LabelMatcher>();
        if (metric is not null)
            matchers.Add(new(Labels.MetricName, MatchOperator.Equal, metric));

        if (cursor.TryTake("{"))
        {
            while (!cursor.TryTake("}"))
            {
                matchers.Add(Matcher(cursor, metric));
                if (!cursor.Peek.Is("}"))
                    cursor.Expect(cursor.Peek.Kind == PromTokenKind.End ? "}" : ",", "label matching");
            }
        }

        if (matchers.All(static m => MatchesEmpty(m)))
            throw new QuerySyntaxException("vector selector must contain at least one non-empty matcher", offset);
        return new PromSelector(matchers, null, PromShift.None, offset);
    }

    private static LabelMatcher Matcher(PromCursor cursor, string? metric)
    {
        var name = cursor.Take();
        if (name.Kind == PromTokenKind.End)
            throw new QuerySyntaxException("unexpected end of input inside braces", name.Offset);
        if (name.Kind is not (PromTokenKind.Identifier or PromTokenKind.String))
            throw new QuerySyntaxException($"unexpected {name} in label matching, expected identifier or \"}}\"", name.Offset);

        // {"metric.name"}: a quoted name on its own is the metric.
        if (name.Kind == PromTokenKind.String && (cursor.Peek.Is(",") || cursor.Peek.Is("}")))
        {
            return metric is null
                ? new(Labels.MetricName, MatchOperator.Equal, name.Text)
                : throw new QuerySyntaxException($"metric name must not be set twice: \"{metric}\" or \"{name.Text}\"", name.Offset);
        }

        var sign = cursor.Take();
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

        var value = cursor.Take();
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
