using CsCheck;
using MicroMonitored.Protocols;

namespace Protocols.Tests;

public sealed class Rfc3339Tests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("1970-01-01T01:00:00+01:00", 0)]
    [InlineData("2026-11-23T00:36:28.1Z", 1795394188100000000)]
    [InlineData("2026-11-23T00:36:28.1234567899Z", 1795394188123456789)]
    [InlineData("2024-02-29T23:59:59-00:30", 1709252999000000000)]
    public void Times_are_read_to_the_nanosecond(string text, long nanoseconds)
    {
        Assert.True(Rfc3339.TryParse(text, out var read));
        Assert.Equal(nanoseconds, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-11-23")]
    [InlineData("2026-13-23T00:36:28Z")]
    [InlineData("2026-02-30T00:36:28Z")]
    [InlineData("2026-11-23T00:36:28")]
    [InlineData("2026-11-23T00:36:28.Z")]
    [InlineData("9999-11-23T00:36:28Z")]
    public void Other_times_are_not_read(string text) => Assert.False(Rfc3339.TryParse(text, out _));

    [Fact]
    public void What_is_written_is_read_back() => Gen.Long[0, 4_000_000_000 * TimeSpan.TicksPerSecond].Sample(ticks =>
        Rfc3339.TryParse(Rfc3339.Format(DateTimeOffset.UnixEpoch.AddTicks(ticks)), out var nanoseconds) && nanoseconds == ticks * 100);

    [Fact]
    public void Times_are_written_in_utc() =>
        Assert.Equal("2026-11-23T00:36:28.9630983Z", Rfc3339.Format(new DateTimeOffset(2026, 11, 23, 2, 36, 28, TimeSpan.FromHours(2)).AddTicks(9630983)));
}
