using System.Collections;
using System.Globalization;

namespace MicroMonitored.Instrumentation;

/// <summary>The one line that a request leaves.</summary>
internal sealed class RequestLine(string method, string path, string? route, int status, double durationMs)
    : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly double _durationMs = Math.Round(durationMs, 3);

    public int Count => route is null ? 5 : 6;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("http_method", method),
        1 => new("http_path", path),
        2 => new("http_status", status),
        3 => new("duration_ms", _durationMs),
        4 when route is not null => new("http_route", route),
        _ => new("{OriginalFormat}", "{http_method} {http_path} {http_status} in {duration_ms} ms"),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var index = 0; index < Count; index++)
            yield return this[index];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{method} {path} {status} in {_durationMs} ms");
}
