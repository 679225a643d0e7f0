using System.Text;

namespace MicroMonitored.Model.Queries;

internal enum QueryTokenKind
{
    None,
    Word,
    Text,
    Number,
    Variable,
    Sign,
}

/// <summary>A piece of a query, in the spelling that PromQL, LogQL and TraceQL share.</summary>
internal readonly record struct QueryToken(QueryTokenKind Kind, string Text)
{
    private static readonly string[] Signs = ["=~", "!~", "!=", "==", ">=", "<=", "|=", "|~", "|>", "&&", "||", ">>", "<<"];

    public bool Is(string sign) => Kind == QueryTokenKind.Sign && Text == sign;

    public static IReadOnlyList<QueryToken> Of(string query)
    {
        var tokens = new List<QueryToken>();
        for (var at = 0; at < query.Length;)
        {
            var begin = at;
            var sign = query[at];
            if (char.IsWhiteSpace(sign))
            {
                at++;
            }
            else if (sign == '#')
            {
                at = query.IndexOf('\n', at) is >= 0 and var end ? end : query.Length;
            }
            else if (sign is '"' or '\'' or '`')
            {
                tokens.Add(new QueryToken(QueryTokenKind.Text, Quoted(query, ref at)));
            }
            else if (sign == '$')
            {
                at = query.AsSpan(at).StartsWith("${") && query.IndexOf('}', at) is >= 0 and var close ? close + 1 : End(query, at + 1);
                tokens.Add(new QueryToken(QueryTokenKind.Variable, query[begin..at]));
            }
            else if (char.IsAsciiDigit(sign))
            {
                at = End(query, at);
                tokens.Add(new QueryToken(QueryTokenKind.Number, query[begin..at]));
            }
            else if (IsWord(sign) || (sign == '.' && at + 1 < query.Length && IsWord(query[at + 1])))
            {
                at = End(query, at);
                tokens.Add(new QueryToken(QueryTokenKind.Word, query[begin..at].TrimStart('.')));
            }
            else
            {
                at += Signs.Any(pair => query.AsSpan(begin).StartsWith(pair)) ? 2 : 1;
                tokens.Add(new QueryToken(QueryTokenKind.Sign, query[begin..at]));
            }
        }

        return tokens;
    }

    private static bool IsWord(char sign) => char.IsAsciiLetterOrDigit(sign) || sign is '_' or ':';

    private static int End(string query, int at)
    {
        while (at < query.Length && (IsWord(query[at]) || query[at] == '.'))
            at++;
        return at;
    }

    private static string Quoted(string query, ref int at)
    {
        var quote = query[at++];
        var text = new StringBuilder();
        while (at < query.Length && query[at] != quote)
        {
            if (query[at] == '\\' && quote != '`' && at + 1 < query.Length)
            {
                at++;
                text.Append(query[at] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var other => other });
            }
            else
            {
                text.Append(query[at]);
            }

            at++;
        }

        at++;
        return text.ToString();
    }
}
