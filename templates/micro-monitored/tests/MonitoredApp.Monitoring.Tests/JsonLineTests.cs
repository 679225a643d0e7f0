using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Monitoring.Tests;

public sealed class JsonLineTests
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly DateTime Now = new(2026, 11, 1, 9, 30, 0, DateTimeKind.Utc);

    [Theory]
    [InlineData("two\r\nlines")]
    [InlineData("\u001b[31mred\u001b[0m \u0000 \u007f \u009b")]
    [InlineData("\"quoted\" \\ </script>")]
    [InlineData("half a pair \ud800 alone")]
    [InlineData("한글 🙂")]
    public void Hostile_text_stays_one_line_of_valid_json(string text)
    {
        var line = Write([new("field", text)], text);
        Assert.Equal('\n', line[^1]);
        Assert.DoesNotContain(line[..^1], char.IsControl);
        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal(text.Replace("\ud800 ", "\ufffd ", StringComparison.Ordinal), json.GetProperty("message").GetString());
        Assert.Equal(json.GetProperty("message").GetString(), json.GetProperty("field").GetString());
    }

    [Fact]
    public void The_agreed_fields_come_first_and_carry_the_trace()
    {
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        var json = JsonDocument.Parse(Write([new("answer", 42), new("ratio", 0.5), new("none", null)], "hello")).RootElement;
        Assert.Equal("2026-11-01T09:30:00.0000000Z", json.GetProperty("timestamp").GetString());
        Assert.Equal("warning", json.GetProperty("level").GetString());
        Assert.Equal("app", json.GetProperty("service").GetString());
        Assert.Equal("hello", json.GetProperty("message").GetString());
        Assert.Equal(activity.TraceId.ToHexString(), json.GetProperty("trace_id").GetString());
        Assert.Equal(activity.SpanId.ToHexString(), json.GetProperty("span_id").GetString());
        Assert.Equal(42, json.GetProperty("answer").GetInt32());
        Assert.Equal(0.5, json.GetProperty("ratio").GetDouble());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("none").ValueKind);
    }

    [Fact]
    public void A_field_cannot_replace_an_agreed_one_nor_appear_twice()
    {
        var line = Write([new("level", "fake"), new("a", 1), new("a", 2)], "hello");
        var names = JsonDocument.Parse(line).RootElement.EnumerateObject().Select(field => field.Name).ToArray();
        Assert.Equal(names.Distinct(), names);
        Assert.Contains("level_", names);
    }

    [Fact]
    public void A_value_that_cannot_be_printed_does_not_throw()
        => Assert.Contains("NotSupportedException", Write([new("bad", new Unprintable())], "hello"), StringComparison.Ordinal);

    [Fact]
    public void A_huge_line_is_cut_and_says_so()
    {
        var line = Write([new("big", new string('x', 300_000))], new string('y', 300_000));
        Assert.True(line.Length < JsonLine.MaxBytes);
        Assert.True(JsonDocument.Parse(line).RootElement.GetProperty("truncated").GetBoolean());
    }

    private static string Write(KeyValuePair<string, object?>[] fields, string message)
        => StrictUtf8.GetString(JsonLine.Write(
            JsonEncodedText.Encode("app"), JsonEncodedText.Encode("Test"), Now, LogLevel.Warning, fields, null, (_, _) => message));

    private sealed class Unprintable
    {
        public override string ToString() => throw new NotSupportedException();
    }
}
