namespace MicroMonitored.Embedded.Query;

/// <summary>A query that is malformed or outside the supported subset; answered with 400.</summary>
/// <param name="offset">Where in the query, in UTF-16 units from its start.</param>
internal sealed class QuerySyntaxException(string message, int offset) : Exception(message)
{
    public int Offset { get; } = offset;

    /// <summary>Where that is in the query, counted from one.</summary>
    public (int Line, int Column) PositionIn(string query)
    {
        var before = query.AsSpan(0, Math.Min(Offset, query.Length));
        return (before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'));
    }
}

/// <summary>A well-formed query whose data has no answer (a duplicate series, a many-to-many match); answered with 422.</summary>
internal sealed class QueryExecutionException(string message) : Exception(message);

/// <summary>A parameter that cannot be read; answered with 400.</summary>
internal sealed class QueryParameterException(string name, string message) : Exception(message)
{
    public string Name { get; } = name;
}

/// <summary>What one query may cost.</summary>
internal static class QueryLimits
{
    /// <summary>UTF-16 units of a query's text.</summary>
    public const int QueryLength = 16 * 1024;

    /// <summary>Nested parentheses, calls and unary operators.</summary>
    public const int Depth = 60;

    /// <summary>Nodes of a parsed query.</summary>
    public const int Nodes = 1000;

    /// <summary>Steps of a range query, as in Prometheus.</summary>
    public const int Points = 11_000;

    /// <summary>The step of a subquery that names none: Prometheus' default evaluation interval.</summary>
    public const long SubqueryStepMs = 60_000;

    /// <summary>Steps of one subquery's range.</summary>
    public const int SubquerySteps = 1_000_000;

    /// <summary>Series one selector may touch.</summary>
    public const int Series = 20_000;

    /// <summary>Samples one query may load.</summary>
    public const int Samples = 5_000_000;

    /// <summary>Values one answer may hold.</summary>
    public const int AnswerValues = 2_000_000;

    /// <summary>Log lines one query may read.</summary>
    public const int LogLines = 5_000_000;

    /// <summary>Log lines one answer may hold, as in Loki.</summary>
    public const int LogAnswerLines = 5000;

    /// <summary>Series of one LogQL metric query, as in Loki.</summary>
    public const int LogSeries = 500;

    /// <summary>Traces one search may look into.</summary>
    public const int SearchedTraces = 2000;

    /// <summary>Traces one metric of spans may read.</summary>
    public const int MeasuredTraces = 200_000;

    /// <summary>The longest a query may run.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(30);
}
