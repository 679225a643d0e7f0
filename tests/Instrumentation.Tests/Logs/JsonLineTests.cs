using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MicroMonitored.Instrumentation.Logs;
using Microsoft.Extensions.Logging;

namespace Instrumentation.Tests.Logs;

public sealed class JsonLineTests : IDisposable
{
    private readonly LoggedLines _logged = new();

    public void Dispose() => _logged.Dispose();

    [Theory]
    [InlineData("two\r\nlines")]
    [InlineData("\u001b[31mred\u001b[0m \u0000 \u007f \u009b")]
    [InlineData("\"quoted\" \\ </script>")]
    [InlineData("half a pair \ud800 alone")]
    [InlineData("한글 🙂")]
    public void Hostile_text_stays_one_line_of_valid_json(string text)
    {
        Log([new("field", text)], text);
        Assert.Equal('\n', _logged.Text[^1]);
        Assert.DoesNotContain(_logged.Text[..^1], char.IsControl);
        Assert.Equal(text.Replace("\ud800 ", "\ufffd ", StringComparison.Ordinal), _logged.Json.GetProperty("message").GetString());
        Assert.Equal(_logged.Json.GetProperty("message").GetString(), _logged.Json.GetProperty("field").GetString());
    }

    [Fact]
    public void The_agreed_fields_come_first_and_carry_the_trace()
    {
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        Log([new("answer", 42), new("ratio", 0.5), new("none", null)], "hello");
        var json = _logged.Json;
        Assert.Equal(
            ["timestamp", "level", "service", "category", "trace_id", "span_id", "message", "answer", "ratio", "none"],
            json.EnumerateObject().Select(field => field.Name));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$", json.GetProperty("timestamp").GetString()!);
        var time = DateTime.Parse(json.GetProperty("timestamp").GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
        Assert.InRange(time, DateTime.UtcNow.AddMinutes(-1), DateTime.UtcNow);
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
    public void The_fields_of_a_message_template_are_fields_of_the_line()
    {
        _logged.Logger.LogInformation("Order {order_id} of {pieces} pieces, {tags}", "o-1", 3, new[] { "a", "b" });
        Assert.Equal("Order o-1 of 3 pieces, a, b", _logged.Json.GetProperty("message").GetString());
        Assert.Equal("o-1", _logged.Json.GetProperty("order_id").GetString());
        Assert.Equal(3, _logged.Json.GetProperty("pieces").GetInt32());
        Assert.Equal(["a", "b"], _logged.Json.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
    }

    [Fact]
    public void Scopes_of_every_kind_are_in_the_line_and_the_innermost_wins()
    {
        using (_logged.Logger.BeginScope(new Dictionary<string, object> { ["tenant"] = "outer", ["region"] = "eu" }))
        using (_logged.Logger.BeginScope(new Dictionary<string, string> { ["tenant"] = "inner" }))
        using (_logged.Logger.BeginScope("a plain text"))
        using (_logged.Logger.BeginScope("order {order_id}", 7))
        using (_logged.Logger.BeginScope(("attempt", 2)))
            _logged.Logger.LogInformation("hello");
        Assert.Equal("inner", _logged.Json.GetProperty("tenant").GetString());
        Assert.Equal("eu", _logged.Json.GetProperty("region").GetString());
        Assert.Equal(7, _logged.Json.GetProperty("order_id").GetInt32());
        Assert.Equal(2, _logged.Json.GetProperty("attempt").GetInt32());
        Assert.Equal(["a plain text", "order 7"], _logged.Json.GetProperty("scopes").EnumerateArray().Select(scope => scope.GetString()));
    }

    [Fact]
    public void An_exception_has_its_type_message_and_stack()
    {
        try
        {
            throw new InvalidOperationException("outer", new FormatException("inner"));
        }
        catch (InvalidOperationException fault)
        {
            _logged.Logger.LogError(fault, "failed");
        }

        Assert.Equal("System.InvalidOperationException", _logged.Json.GetProperty("exception_type").GetString());
        Assert.Equal("outer", _logged.Json.GetProperty("exception_message").GetString());
        var stack = _logged.Json.GetProperty("exception").GetString()!;
        Assert.Contains(nameof(An_exception_has_its_type_message_and_stack), stack, StringComparison.Ordinal);
        Assert.Contains("FormatException: inner", stack, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_cannot_replace_an_agreed_one_nor_appear_twice()
    {
        Log([new("level", "fake"), new("a", 1), new("a", 2)], "hello");
        var names = _logged.Json.EnumerateObject().Select(field => field.Name).ToArray();
        Assert.Equal(names.Distinct(), names);
        Assert.Contains("level_", names);
        Assert.Equal(1, _logged.Json.GetProperty("a").GetInt32());
    }

    [Fact]
    public void The_fields_of_a_state_without_a_template_are_kept()
    {
        _logged.Logger.Log(LogLevel.Warning, default, new Dictionary<string, object?> { ["a"] = 1 }, null, static (_, _) => "hello");
        Assert.Equal(1, _logged.Json.GetProperty("a").GetInt32());
        Assert.Equal("hello", _logged.Json.GetProperty("message").GetString());
    }

    [Fact]
    public void A_value_that_cannot_be_printed_does_not_throw()
    {
        Log([new("bad", new Unprintable())], "hello");
        Assert.Contains("NotSupportedException", _logged.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_huge_line_is_cut_and_says_so()
    {
        Log([new("big", new string('x', 300_000))], new string('y', 300_000));
        Assert.True(_logged.Text.Length < JsonLine.MaxBytes);
        Assert.True(_logged.Json.GetProperty("truncated").GetBoolean());
    }

    private void Log(KeyValuePair<string, object?>[] fields, string message)
        => _logged.Logger.Log(LogLevel.Warning, default, fields, null, (_, _) => message);

    private sealed class Unprintable
    {
        public override string ToString() => throw new NotSupportedException();
    }
}
