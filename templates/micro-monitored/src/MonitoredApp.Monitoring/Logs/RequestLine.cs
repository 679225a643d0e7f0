using System.Collections;
using System.Globalization;
using System.Text;

namespace Monitoring.Logs;

/// <summary>The one line that a request leaves. The query is left out: it may carry secrets.</summary>
internal readonly record struct RequestLine(string Method, string Path, string? Route, int Status, double DurationMs)
    : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => 6;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("http_method", Method),
        1 => new("http_path", Path),
        2 => new("http_route", Route),
        3 => new("http_status", Status),
        4 => new("duration_ms", DurationMs),
        5 => new("{OriginalFormat}", "{http_method} {http_path} {http_status} in {duration_ms} ms"),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var index = 0; index < Count; index++)
            yield return this[index];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString()
    {
        Span<byte> duration = stackalloc byte[32];
        return string.Create(CultureInfo.InvariantCulture, $"{Method} {Path} {Status} in {Encoding.ASCII.GetString(duration[..FormatDuration(duration)])} ms");
    }

    /// <summary>The milliseconds with at most three decimals, as <c>0.###</c> would give them at several times the cost.</summary>
    /// <returns>How many bytes it took.</returns>
    public int FormatDuration(Span<byte> digits)
    {
        var (whole, rest) = long.DivRem((long)Math.Round(Math.Max(DurationMs, 0) * 1000), 1000);
        whole.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
        if (rest > 0)
            digits[length++] = (byte)'.';
        for (var unit = 100; rest > 0; unit /= 10)
        {
            digits[length++] = (byte)('0' + (rest / unit));
            rest %= unit;
        }

        return length;
    }
}
