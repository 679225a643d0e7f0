using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>Parses <c>metric{label="value", …}</c>.</summary>
internal abstract class PromSelectorParser(string query) : PromCursor(query)
{
    private const string Torn = "unexpected end of input inside braces";

    /// <param name="metric">The name that stood before the braces; null where there was none.</param>
    protected PromSelector Selector(string? metric, int offset)
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
                    Expect(Peek.Kind == QueryTokenKind.End ? "}" : ",", "label matching");
            }
        }

        if (MatchEmpty(matchers))
            throw new QuerySyntaxException("vector selector must contain at least one non-empty matcher", offset);
        return new PromSelector(matchers, null, PromShift.None, offset);
    }

    private LabelMatcher Matcher(string? metric)
    {
        var name = Take();
        if (name.Kind is not (QueryTokenKind.Word or QueryTokenKind.Text))
            throw Unexpected(name, "in label matching, expected identifier or \"}\"", Torn);

        // {"metric.name"}: a quoted name on its own is the metric.
        if (name.Kind == QueryTokenKind.Text && (Peek.Is(",") || Peek.Is("}")))
            return metric is null ? new(Labels.MetricName, MatchOperator.Equal, name.Text) : throw Twice(metric, name.Text, name);

        var sign = Take();
        var match = MatchOf(sign) ?? throw Unexpected(sign, "in label matching, expected label matching operator", Torn);
        var value = Take();
        if (value.Kind != QueryTokenKind.Text)
            throw Unexpected(value, "in label matching, expected string", Torn);
        if (metric is not null && name.Text == Labels.MetricName)
            throw Twice(metric, value.Text, name);
        return Matcher(name.Text, match, value);
    }

    private static QuerySyntaxException Twice(string metric, string other, QueryToken name) =>
        new($"metric name must not be set twice: \"{metric}\" or \"{other}\"", name.Offset);
}
