namespace MicroMonitored.Embedded.Query;

/// <summary>Holds what one query may cost to parse: how long, how deep and of how many parts it is.</summary>
internal abstract class QueryParser
{
    private int _parts;

    protected QueryParser(string query)
    {
        if (query.Length > QueryLimits.QueryLength)
            throw new QuerySyntaxException($"query is longer than {QueryLimits.QueryLength} characters", 0);
    }

    /// <summary>Where in the query the parser stands.</summary>
    protected abstract int Position { get; }

    protected int Depth { get; private set; }

    /// <summary>Counts a part of the query; too many are refused.</summary>
    protected void Count(int? at = null)
    {
        if (++_parts > QueryLimits.Nodes)
            throw new QuerySyntaxException($"query has more than {QueryLimits.Nodes} parts", at ?? Position);
    }

    /// <summary>Reads what is nested one level deeper.</summary>
    protected T Nested<T>(Func<T> read)
    {
        if (++Depth > QueryLimits.Depth)
            throw new QuerySyntaxException($"query nests deeper than {QueryLimits.Depth} levels", Position);
        var result = read();
        Depth--;
        return result;
    }
}
