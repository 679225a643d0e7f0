using System.Text;
using MicroMonitored.Embedded.Ingest;
using MicroMonitored.Embedded.Ingest.Tail;

namespace Embedded.Tests.Ingest;

public sealed class LogLineTests
{
    [Fact]
    public void The_agreed_fields_are_taken_and_the_line_stays()
    {
        const string text = """{"timestamp":"2026-11-23T00:36:28.963098312Z","level":"information","x":{"level":"inner"},"trace_id":"0af7","span_id":"b7ad","message":"é"}""";
        var line = LogLine.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Equal(text, line.Text);
        Assert.Equal(1795394188963098312, line.TimestampNs);
        Assert.Equal("information", line.Level);
        Assert.Equal([new("trace_id", "0af7"), new("span_id", "b7ad")], line.Metadata);
    }

    [Theory]
    [InlineData("plain text")]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("{\"a\":")]
    [InlineData("\u001b[31mred\u001b[0m \0 nul")]
    public void Anything_else_is_kept_and_flagged(string text)
    {
        var line = LogLine.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Equal(text, line.Text);
        Assert.Equal([new("malformed", "true")], line.Metadata);
        Assert.Null(line.TimestampNs);
    }

    [Fact]
    public void Invalid_utf8_is_replaced_and_flagged()
    {
        var line = LogLine.Parse([(byte)'{', (byte)'"', (byte)'a', (byte)'"', (byte)':', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)'}']);
        Assert.Equal("{\"a\":\"\uFFFD(\"}", line.Text);
        Assert.Equal([new("invalid_utf8", "true")], line.Metadata);
    }

    [Fact]
    public void A_long_line_is_cut_between_characters_and_keeps_the_fields_before_the_cut()
    {
        var text = "{\"timestamp\":\"2026-11-23T00:36:28Z\",\"level\":\"error\",\"message\":\"" + new string('é', 200_000) + "\"}";
        var line = LogLine.Parse(Encoding.UTF8.GetBytes(text));
        Assert.InRange(Encoding.UTF8.GetByteCount(line.Text), LogLine.MaxBytes - 3, LogLine.MaxBytes);
        Assert.DoesNotContain('\uFFFD', line.Text);
        Assert.Equal("error", line.Level);
        Assert.Equal([new("truncated", "true")], line.Metadata);
    }

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
    public void Mutated_lines_never_fail()
    {
        var random = new Random(11);
        var seed = Encoding.UTF8.GetBytes("""{"timestamp":"2026-11-23T00:36:28.963098312Z","level":"information","trace_id":"0af7","nested":{"a":[1,2,{"b":"\u00e9"}]},"message":"text"}""");
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = (byte[])seed.Clone();
            for (var change = random.Next(1, 6); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            LogLine.Parse(bytes.AsSpan(0, random.Next(bytes.Length + 1)), cut: (round & 1) == 0);
        }
    }
}
