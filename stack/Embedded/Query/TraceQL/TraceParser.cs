using MicroMonitored.Embedded.Query.LogQL;

namespace MicroMonitored.Embedded.Query.TraceQL;

/// <summary>Parses the TraceQL subset of <see cref="TraceSubset"/>, and the logfmt of the <c>tags</c> parameter.</summary>
internal sealed class TraceParser
{
    private readonly string _query;
    private int _position;
    private int _depth;

    private TraceParser(string query) => _query = query;

    public static TraceCondition Parse(string query)
    {
        if (query.Length > QueryLimits.QueryLength)
            throw new QuerySyntaxException($"query is longer than {QueryLimits.QueryLength} characters", 0);

        var parser = new TraceParser(query);
        parser.Space();
        if (parser.End)
            return new TraceEverything();
        if (!parser.TryTake("{"))
            throw parser.Unexpected("{");

        TraceCondition condition = parser.TryTake("}") ? new TraceEverything() : parser.Closed();
        if (!parser.End)
        {
            throw parser._query[parser._position] is '|' or '&' or '>' or '<' or '~' or '!'
                ? new QuerySyntaxException(TraceSubset.Refuse("what follows the spanset"), parser._position)
                : parser.Unexpected("the end of the query");
        }

        return condition;
    }

    /// <summary>Reads <c>service.name=x name="y z"</c>.</summary>
    public static TraceCondition Tags(string tags)
    {
        TraceCondition? all = null;
        var pairs = LogParsers.Pairs(tags, out var torn);
        if (torn || pairs.Count > QueryLimits.Depth)
            throw new QuerySyntaxException(torn ? "unterminated quoted value" : $"more than {QueryLimits.Depth} tags", 0);

        foreach (var (key, value) in pairs)
        {
            if (value.Length == 0)
                throw new QuerySyntaxException($"tag {key} has no value", 0);

            TraceComparison one = key switch
            {
                "service.name" => new(new(TraceScope.Resource, key), "=", value),
                "name" or "status" or "kind" => new(new(TraceScope.Intrinsic, key), "=", value),
                "root.name" => new(new(TraceScope.Intrinsic, "rootName"), "=", value),
                "root.service.name" => new(new(TraceScope.Intrinsic, "rootServiceName"), "=", value),
                "error" when value == "true" => new(new(TraceScope.Intrinsic, "status"), "=", "error"),
                _ => new(new(TraceScope.Any, key), "=", value, Loose: true),
            };
            all = all is null ? one : new TraceBoth(all, one, Or: false);
        }

        return all ?? new TraceEverything();
    }

    private bool End => _position >= _query.Length;

    private void Space()
    {
        while (!End && char.IsWhiteSpace(_query[_position]))
            _position++;
    }

    private bool TryTake(string text)
    {
        if (string.CompareOrdinal(_query, _position, text, 0, text.Length) != 0)
            return false;
        _position += text.Length;
        Space();
        return true;
    }

    private QuerySyntaxException Unexpected(string expecting) =>
        new($"syntax error: unexpected {(End ? "$end" : $"'{_query[_position]}'")}, expecting {expecting}", _position);

    private TraceCondition Closed()
    {
        var condition = Either();
        return TryTake("}") ? condition : throw Unexpected("}, && or ||");
    }

    private TraceCondition Either()
    {
        if (++_depth > QueryLimits.Depth)
            throw new QuerySyntaxException($"query nests deeper than {QueryLimits.Depth} levels", _position);

        var left = All();
        var count = 0;
        while (TryTake("||"))
        {
            Bound(++count);
            left = new TraceBoth(left, All(), Or: true);
        }

        _depth--;
        return left;
    }

    private TraceCondition All()
    {
        var left = One();
        var count = 0;
        while (TryTake("&&"))
        {
            Bound(++count);
            left = new TraceBoth(left, One(), Or: false);
        }

        return left;
    }

    private void Bound(int count)
    {
        if (count > QueryLimits.Depth)
            throw new QuerySyntaxException($"query has more than {QueryLimits.Depth} conditions in a row", _position);
    }

    private TraceCondition One()
    {
        if (TryTake("("))
        {
            var inner = Either();
            return TryTake(")") ? inner : throw Unexpected(")");
        }

        if (TryTake("true"))
            return new TraceEverything();

        var start = _position;
        var field = Field();
        var sign = Operators.FirstOrDefault(TryTake);
        if (sign is null)
        {
            throw !End && _query[_position] is '+' or '-' or '*' or '/' or '%' or '^'
                ? new QuerySyntaxException(TraceSubset.Refuse("arithmetic"), _position)
                : Unexpected("a comparison such as =, !=, =~ or >");
        }

        var at = _position;
        var value = Value(field);
        if (sign is "=~" or "!~")
        {
            return value is string pattern
                ? new TraceComparison(field, sign, pattern, Patterns.Anchored(pattern, at))
                : throw new QuerySyntaxException($"{sign} needs a string", at);
        }

        if (value is null && sign is not ("=" or "!="))
            throw new QuerySyntaxException("nil can only be compared with = and !=", at);
        if (field.Name is "duration" or "traceDuration" or "span:duration" or "trace:duration" && field.Scope == TraceScope.Intrinsic && value is not double)
            throw new QuerySyntaxException("binary operations must operate on the same type: duration needs a value such as 10ms", start);
        return new TraceComparison(field, sign, value);
    }

    private static readonly string[] Operators = ["=~", "!~", "!=", ">=", "<=", "=", ">", "<"];

    private TraceField Field()
    {
        if (!End && _query[_position] == '.')
        {
            _position++;
            return new(TraceScope.Any, AttributeName());
        }

        var start = _position;
        var word = Word();
        if (word is "span" or "resource" or "event" or "link" or "parent" or "instrumentation" && !End && _query[_position] == '.')
        {
            if (word is not ("span" or "resource"))
                throw new QuerySyntaxException(TraceSubset.Refuse($"the scope {word}."), start);
            _position++;
            return new(word == "span" ? TraceScope.Span : TraceScope.Resource, AttributeName());
        }

        if (!End && _query[_position] == ':')
        {
            _position++;
            word += ":" + Word();
        }

        Space();
        if (word.Length == 0)
            throw Unexpected("a field");
        return TraceField.Intrinsics.Contains(word)
            ? new(TraceScope.Intrinsic, word)
            : throw new QuerySyntaxException(TraceSubset.Refuse($"the field {word}"), start);
    }

    private string Word()
    {
        var start = _position;
        while (!End && (char.IsAsciiLetterOrDigit(_query[_position]) || _query[_position] == '_'))
            _position++;
        return _query[start.._position];
    }

    private string AttributeName()
    {
        string name;
        if (!End && _query[_position] == '"')
        {
            var at = _position;
            if (!Quantities.TryQuoted(_query, ref _position, out var quoted, out var error))
                throw new QuerySyntaxException(error, at);
            name = quoted;
        }
        else
        {
            var start = _position;
            while (!End && !char.IsWhiteSpace(_query[_position])
                && _query[_position] is not ('=' or '!' or '<' or '>' or '~' or '{' or '}' or '(' or ')' or '&' or '|' or '^' or ',' or '"' or '`'))
                _position++;
            name = _query[start.._position];
        }

        if (name.Length == 0)
            throw new QuerySyntaxException("syntax error: unexpected END_ATTRIBUTE, expecting IDENTIFIER", Math.Max(0, _position - 1));
        Space();
        return name;
    }

    private object? Value(TraceField field)
    {
        var at = _position;
        if (!End && _query[_position] is '"' or '`')
        {
            if (!Quantities.TryQuoted(_query, ref _position, out var text, out var error))
                throw new QuerySyntaxException(error, at);
            Space();
            return text;
        }

        while (!End && (char.IsAsciiLetterOrDigit(_query[_position]) || _query[_position] is '.' or '-' or '+' or '_' or 'µ'))
            _position++;
        var word = _query[at.._position];
        Space();
        if (word.Length == 0)
            throw Unexpected("a value");

        switch (word)
        {
            case "nil":
                return null;
            case "true" or "false":
                return word == "true";
            case "ok" or "error" or "unset" when field.Scope == TraceScope.Intrinsic && field.Name is "status" or "span:status":
                return word;
            case "internal" or "server" or "client" or "producer" or "consumer" or "unspecified"
                when field.Scope == TraceScope.Intrinsic && field.Name is "kind" or "span:kind":
                return word;
        }

        if (Quantities.TryNumber(word, out var number))
            return number;
        var negative = word.StartsWith('-');
        if (Quantities.TryDuration(negative ? word.AsSpan(1) : word, out var milliseconds))
            return milliseconds * 1e6 * (negative ? -1 : 1);
        throw new QuerySyntaxException($"syntax error: unexpected {word}, expecting a string, number, duration, true, false, nil, status or kind", at);
    }
}
