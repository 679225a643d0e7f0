using MicroMonitored.Model.Settings;

namespace Stack.Tests.Settings;

public sealed class DurationTests
{
    [Theory]
    [InlineData("2s", 2)]
    [InlineData("1h30m", 5400)]
    [InlineData("15d", 1296000)]
    [InlineData("500ms", 0.5)]
    public void Durations_are_read(string text, double seconds)
    {
        Assert.True(PrometheusDuration.TryParse(text, out var duration));
        Assert.Equal(seconds, duration.Value.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2")]
    [InlineData("s")]
    [InlineData("1m1h")]
    [InlineData("-1s")]
    [InlineData("1.5s")]
    [InlineData("9999999999s")]
    public void Other_durations_are_not_read(string text) => Assert.False(PrometheusDuration.TryParse(text, out _));

    [Theory]
    [InlineData("0s", 0)]
    [InlineData("1.5s", 1500)]
    [InlineData("30m1h", 5_400_000)]
    [InlineData("250us", 0.25)]
    [InlineData("250µs", 0.25)]
    [InlineData("500ns", 0.0005)]
    [InlineData("1y1w", 32_140_800_000)]
    public void Query_languages_take_more(string text, double milliseconds)
    {
        Assert.True(DurationText.TryParse(text, DurationNotation.Go, out var read));
        Assert.Equal(milliseconds, read, 9);
        Assert.Equal(text is "0s" or "1y1w", DurationText.TryParse(text, DurationNotation.Prometheus, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1.5")]
    [InlineData("1..5s")]
    [InlineData("s")]
    [InlineData("1h ")]
    [InlineData("-1h")]
    [InlineData("293y")]
    public void What_is_no_duration_is_none_in_any_language(string text)
    {
        Assert.False(DurationText.TryParse(text, DurationNotation.Go, out _));
        Assert.False(DurationText.TryParse(text, DurationNotation.Prometheus, out _));
    }
}
