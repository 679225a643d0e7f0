namespace MicroMonitored.Model.Scanning;

/// <summary>How a query language spells what its queries are made of.</summary>
/// <param name="Signs">Operators and brackets, the longer of two with the same beginning first.</param>
internal sealed record QuerySyntax(params string[] Signs)
{
    public string Quotes { get; init; } = "\"`";

    /// <summary>What begins a word beside letters; a colon does so only outside of square brackets.</summary>
    public string WordBegins { get; init; } = "_";

    /// <summary>What a word holds beside letters and digits.</summary>
    public string WordHolds { get; init; } = "_:";

    /// <summary>What a number or quantity holds after its first letter, beside letters and digits.</summary>
    public string NumberHolds { get; init; } = "";

    /// <summary>Whether a # begins a comment, up to the end of its line.</summary>
    public bool HasComments { get; init; } = true;

    /// <summary>Whether <c>--word</c> is one token.</summary>
    public bool HasFlags { get; init; }

    /// <summary>Whether <c>$name</c> and <c>${name}</c> stand for something.</summary>
    public bool HasVariables { get; init; }

    /// <summary>What a text that begins with a digit is, with its place.</summary>
    public Func<string, int, QueryToken> Number { get; init; } = static (text, at) => new(QueryTokenKind.Number, text, at);

    /// <summary>What is said of a text that is not one, with the reason and its place; without it, what is there is taken.</summary>
    public Func<string, int, Exception>? BadText { get; init; }

    /// <summary>What is said of a character that begins nothing, with its place; without it, it is a sign.</summary>
    public Func<char, int, Exception>? BadSign { get; init; }
}
