using System.Text.RegularExpressions;
using MicroMonitored.Model.Scanning;

namespace MicroMonitored.Model.Queries;

/// <summary>What an expression of PromQL names, and which words and texts one of LogQL or TraceQL holds. It is read, not checked: what is no query
/// names what can be recognised in it. Variables of Grafana stand for any value.</summary>
public sealed class QueryNames
{
    // What PromQL, LogQL and TraceQL share, the variables of Grafana, and nothing that is refused.
    private static readonly QuerySyntax Spelling = new("=~", "!~", "!=", "==", ">=", "<=", "|=", "|~", "|>", "&&", "||", ">>", "<<")
    {
        Quotes = "\"'`",
        WordBegins = "_:",
        WordHolds = "_:.",
        NumberHolds = "._:",
        HasVariables = true,
    };

    private static readonly HashSet<string> Grouping =
        new(["by", "on", "without", "ignoring", "group_left", "group_right"], StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> Keywords =
        new(["and", "or", "unless", "offset", "bool", "atan2", "inf", "nan"], StringComparer.OrdinalIgnoreCase);

    private readonly List<SeriesSelector> _selectors = [];
    private readonly HashSet<string> _labels = new(StringComparer.Ordinal);
    private readonly HashSet<string> _words = new(StringComparer.Ordinal);
    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);

    private QueryNames(IReadOnlyList<QueryToken> tokens)
    {
        foreach (var token in tokens)
        {
            if (token.Kind == QueryTokenKind.Word)
                _words.Add(token.Text);
            else if (token.Kind == QueryTokenKind.Text)
                _texts.Add(token.Text);
        }

        for (var at = 0; at < tokens.Count; at++)
            at = Read(tokens, at);
    }

    /// <summary>The series that it selects.</summary>
    public IReadOnlyList<SeriesSelector> Selectors => _selectors;

    /// <summary>The labels that it needs: matched, grouped or joined by. One that is only left out (<c>without</c>) is not needed.</summary>
    public IReadOnlySet<string> Labels => _labels;

    /// <summary>All its words: names of functions, labels, fields and attributes.</summary>
    public IReadOnlySet<string> Words => _words;

    /// <summary>All its string literals, unquoted.</summary>
    public IReadOnlySet<string> Texts => _texts;

    /// <summary>Of an expression.</summary>
    public static QueryNames Of(string query) => new(new QueryScanner(query, Spelling).Tokens());

    private int Read(IReadOnlyList<QueryToken> tokens, int at)
    {
        var token = tokens[at];
        if (token.Is("{"))
            return Matchers(tokens, at, null);
        if (token.Kind != QueryTokenKind.Word)
            return at;
        var next = at + 1 < tokens.Count ? tokens[at + 1] : default;
        if (next.Is("("))
            return Grouping.Contains(token.Text) ? Group(tokens, at + 1, token.Text.ToUpperInvariant() is not ("WITHOUT" or "IGNORING")) : at;
        // An aggregation may have its grouping before its parameters.
        if (Keywords.Contains(token.Text) || Grouping.Contains(token.Text)
            || (next.Kind == QueryTokenKind.Word && next.Text.ToUpperInvariant() is "BY" or "WITHOUT" && at + 2 < tokens.Count && tokens[at + 2].Is("(")))
            return at;
        if (next.Is("{"))
            return Matchers(tokens, at + 1, token.Text);
        _selectors.Add(new SeriesSelector(token.Text, []));
        return at;
    }

    private int Group(IReadOnlyList<QueryToken> tokens, int at, bool isNeeded)
    {
        for (; at < tokens.Count && !tokens[at].Is(")"); at++)
        {
            if (isNeeded && tokens[at].Kind is QueryTokenKind.Word or QueryTokenKind.Text)
                _labels.Add(tokens[at].Text);
        }

        return at;
    }

    private int Matchers(IReadOnlyList<QueryToken> tokens, int at, string? metric)
    {
        var matchers = new List<LabelMatcher>();
        for (; at < tokens.Count && !tokens[at].Is("}"); at++)
        {
            if (tokens[at].Kind is not (QueryTokenKind.Word or QueryTokenKind.Text))
                continue;
            if (at + 2 < tokens.Count && tokens[at + 1].Text is "=" or "!=" or "=~" or "!~" && tokens[at + 2].Kind == QueryTokenKind.Text)
            {
                matchers.Add(new LabelMatcher(tokens[at].Text, tokens[at + 1].Text, tokens[at + 2].Text));
                _labels.Add(tokens[at].Text);
                at += 2;
            }
            else if (tokens[at].Kind == QueryTokenKind.Text)
            {
                metric = tokens[at].Text;
            }
        }

        _selectors.Add(new SeriesSelector(metric, matchers));
        return at;
    }
}

/// <summary>Selects series.</summary>
/// <param name="Metric">The metric's name; null where only labels are matched.</param>
/// <param name="Matchers">What the labels must be.</param>
public sealed record SeriesSelector(string? Metric, IReadOnlyList<LabelMatcher> Matchers)
{
    /// <summary>Whether it may select series of this metric of this service.</summary>
    public bool MaySelect(string metric, string service)
        => (Metric is null || Metric == metric) && Matchers.All(matcher => matcher.Label switch
        {
            "__name__" => matcher.MayMatch(metric),
            "job" or "service_name" => matcher.MayMatch(service),
            _ => true,
        }) && (Metric is not null || Matchers.Any(matcher => matcher.Label == "__name__"));
}

/// <summary>What a label must be.</summary>
/// <param name="Operator"><c>=</c>, <c>!=</c>, <c>=~</c> or <c>!~</c>.</param>
public sealed partial record LabelMatcher(string Label, string Operator, string Value)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether a value fits; one with a variable of Grafana in it may be anything.</summary>
    public bool MayMatch(string value)
    {
        if (Variable().IsMatch(Value))
            return true;
        var equal = Operator is "=" or "!=" ? Value == value : Fits(value);
        return equal == Operator is "=" or "=~";
    }

    private bool Fits(string value)
    {
        try
        {
            return Regex.IsMatch(value, $"^(?:{Value})$", RegexOptions.CultureInvariant, Patience);
        }
        catch (Exception exception) when (exception is ArgumentException or RegexMatchTimeoutException)
        {
            return true;
        }
    }

    [GeneratedRegex(@"\$[\w{]|\[\[")]
    private static partial Regex Variable();
}
