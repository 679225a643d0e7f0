using System.Globalization;
using CsCheck;
using MicroMonitored.Embedded.Query;

namespace Embedded.Tests.Query;

public sealed class QuantitiesTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(20, "20")]
    [InlineData(-1.5, "-1.5")]
    [InlineData(0.1, "0.1")]
    [InlineData(0.0011367, "0.0011367")]
    [InlineData(1e15, "1000000000000000")]
    [InlineData(123456789012345680, "123456789012345680")]
    [InlineData(1e20, "100000000000000000000")]
    [InlineData(1e21, "1e+21")]
    [InlineData(1.5e300, "1.5e+300")]
    [InlineData(0.000001, "0.000001")]
    [InlineData(0.0000001, "1e-07")]
    [InlineData(-2.5e-9, "-2.5e-09")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    public void Sample_values_are_written_as_Prometheus_writes_them(double value, string expected) => Assert.Equal(expected, Quantities.Format(value));

    [Fact]
    public void Every_number_reads_back() => Gen.Double.Where(double.IsFinite).Sample(
        value => double.Parse(Quantities.Format(value), CultureInfo.InvariantCulture) == value, iter: 20_000);

    [Theory]
    [InlineData(1795394227000, "1795394227")]
    [InlineData(1795394289423, "1795394289.423")]
    [InlineData(1795394289020, "1795394289.020")]
    [InlineData(0, "0")]
    public void Times_are_seconds(long milliseconds, string expected) => Assert.Equal(expected, Quantities.FormatSeconds(milliseconds));

    [Theory]
    [InlineData("5m", 300_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("250ms", 250)]
    [InlineData("1.5s", 1500)]
    [InlineData("1d", 86_400_000)]
    public void Durations_are_read(string text, double expected)
    {
        Assert.True(Quantities.TryDuration(text, out var milliseconds));
        Assert.Equal(expected, milliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("m")]
    [InlineData("5q")]
    [InlineData("5m ")]
    [InlineData("9999999999999y")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(Quantities.TryDuration(text, out _));

    [Theory]
    [InlineData("1795394289423000001", 1795394289423000001)]
    [InlineData("1795394289", 1795394289000000000)]
    [InlineData("1795394289.5", 1795394289500000000)]
    [InlineData("2026-11-23T00:38:09Z", 1795394289000000000)]
    [InlineData("2026-11-23T01:38:09.25+01:00", 1795394289250000000)]
    public void Loki_times_are_nanoseconds_seconds_or_RFC_3339(string text, long expected)
    {
        Assert.True(Quantities.TryTimeNs(text, out var nanoseconds));
        Assert.Equal(expected, nanoseconds);
    }
}
