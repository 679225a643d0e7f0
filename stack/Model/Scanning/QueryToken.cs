namespace MicroMonitored.Model.Scanning;

internal enum QueryTokenKind
{
    End,
    Word,
    Text,
    Number,
    Duration,
    Size,
    Flag,
    Variable,
    Sign,
}

/// <summary>A piece of a query; a text stands without its quotes and escapes.</summary>
/// <param name="Offset">Where it begins, in UTF-16 units from the start of the query.</param>
internal readonly record struct QueryToken(QueryTokenKind Kind, string Text, int Offset)
{
    public bool Is(string sign) => Kind == QueryTokenKind.Sign && Text == sign;
}
