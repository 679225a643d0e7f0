using System.Text;
using MicroMonitored.Embedded.Ingest;
using MicroMonitored.Embedded.Ingest.Tail;

namespace Embedded.Tests.Ingest;

public sealed class LogLineTests
{
    [Fact]
    public void The_agreed_fields_are_taken_and_the_line_stays()
    {
        const string text =
            """{"timestamp":"2026-11-23T00:36:28.963098312Z","level":"information","x":{"level":"inner"},"trace_id":"0af7","span_id":"b7ad","message":"é"}""";
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
}
