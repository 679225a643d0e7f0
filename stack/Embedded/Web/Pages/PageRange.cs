using System.Globalization;
using MicroMonitored.Embedded.Query;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>The time that a page shows, as its address has it: <c>now-15m</c> to <c>now</c>, or milliseconds since the Unix epoch.</summary>
internal sealed record PageRange(string From, string To, long FromMs, long ToMs)
{
    /// <summary>What the pages offer to choose from.</summary>
    public static readonly IReadOnlyList<(string From, string Name)> Choices =
    [
        ("now-5m", "last 5 minutes"), ("now-15m", "last 15 minutes"), ("now-1h", "last hour"), ("now-6h", "last 6 hours"),
        ("now-24h", "last 24 hours"), ("now-7d", "last 7 days"),
    ];

    public long FromNs => FromMs * 1_000_000;

    public long ToNs => ToMs * 1_000_000;

    public long LengthMs => ToMs - FromMs;

    public bool EndsNow => To == "now";

    /// <summary>In words, or its two ends.</summary>
    public string Name => EndsNow && Choices.FirstOrDefault(choice => choice.From == From).Name is { } name
        ? name
        : $"{Show.Moment(FromMs):yyyy-MM-dd HH:mm:ss} to {(EndsNow ? "now" : Show.Moment(ToMs).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture))}";

    /// <exception cref="QueryParameterException">An end that is no time, or that comes before the start.</exception>
    public static PageRange Read(RequestParameters parameters, string usual, DateTimeOffset now) =>
        Of(parameters.Text("from") ?? usual, parameters.Text("to") ?? "now", now);

    /// <exception cref="QueryParameterException">An end that is no time, or that comes before the start.</exception>
    public static PageRange Of(string from, string to, DateTimeOffset now)
    {
        var range = new PageRange(from, to, Time("from", from, now), Time("to", to, now));
        return range.FromMs < range.ToMs ? range : throw new QueryParameterException("to", $"\"{to}\" is not after \"{from}\"");
    }

    /// <summary>Whether a text is a time as addresses have it.</summary>
    public static bool IsTime(string text) => Milliseconds(text, default) is not null;

    /// <summary>Milliseconds between two points so that at most about <paramref name="points"/> are shown.</summary>
    public long Step(int points, long leastMs = 1000)
    {
        var exact = Math.Max(leastMs, LengthMs / points);
        long[] even = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400];
        return even.Select(static s => s * 1000).FirstOrDefault(step => step >= exact, exact);
    }

    private static long Time(string name, string text, DateTimeOffset now) => Milliseconds(text, now)
        ?? throw new QueryParameterException(name, $"\"{text}\" is neither now, now-15m nor milliseconds since the Unix epoch");

    private static long? Milliseconds(string text, DateTimeOffset now)
    {
        if (text == "now")
            return now.ToUnixTimeMilliseconds();
        if (text.StartsWith("now-", StringComparison.Ordinal) && Quantities.TryDuration(text.AsSpan(4), out var back) && back is > 0 and < 1e12)
            return now.ToUnixTimeMilliseconds() - (long)back;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds < 9_000_000_000_000
            ? milliseconds
            : null;
    }
}
