using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Monitoring.Tests;

public sealed class RequestLineTests
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly DateTime Now = new(2026, 11, 1, 9, 30, 0, 1, DateTimeKind.Utc);

    [Fact]
    public void A_line_is_written_as_agreed()
    {
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        var line = Write(new RequestLine("GET", "/orders/7", "/orders/{id}", 200, 1.5));
        Assert.Equal(
            "{\"timestamp\":\"2026-11-01T09:30:00.0010000Z\",\"level\":\"information\",\"service\":\"app\",\"category\":\"Test\","
            + $"\"trace_id\":\"{activity.TraceId}\",\"span_id\":\"{activity.SpanId}\",\"message\":\"GET /orders/7 200 in 1.5 ms\","
            + "\"http_method\":\"GET\",\"http_path\":\"/orders/7\",\"http_route\":\"/orders/{id}\",\"http_status\":200,\"duration_ms\":1.5}\n",
            line);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/\"quoted\"\\")]
    [InlineData("/two\r\nlines\u0000\u001b[31m")]
    [InlineData("/한글/🙂")]
    public void Hostile_paths_and_routes_stay_one_line_of_valid_json(string path)
    {
        var line = Write(new RequestLine("GET", path, path, 404, 0));
        Assert.Equal('\n', line[^1]);
        Assert.DoesNotContain(line[..^1], char.IsControl);
        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal(path, json.GetProperty("http_path").GetString());
        Assert.Equal(path, json.GetProperty("http_route").GetString());
        Assert.Equal($"GET {path} 404 in 0 ms", json.GetProperty("message").GetString());
    }

    [Theory]
    [InlineData('x', 'x')]
    [InlineData('\u0001', '\u0001')]
    [InlineData('\ud800', '\ufffd')]
    public void The_longest_line_of_a_request_that_a_server_takes_fits_and_half_a_pair_is_replaced(char character, char read)
    {
        var path = "/" + new string(character, 16 * 1024);
        var json = JsonDocument.Parse(Write(new RequestLine("OPTIONS", path, null, 404, 12_345.678))).RootElement;
        Assert.Equal(path.Replace(character, read), json.GetProperty("http_path").GetString());
        Assert.False(json.TryGetProperty("http_route", out _));
    }

    [Fact]
    public void Durations_have_at_most_three_decimals_and_no_needless_zero()
    {
        var random = new Random(1);
        foreach (var duration in Enumerable.Range(0, 10_000).Select(_ => Math.Round(Math.Pow(10, random.Next(-4, 7)) * random.NextDouble(), 5)).Prepend(0).Prepend(-1))
        {
            var shown = (Math.Round(Math.Max(duration, 0) * 1000) / 1000).ToString("0.###", CultureInfo.InvariantCulture);
            var request = new RequestLine("GET", "/", null, 200, duration);
            Assert.EndsWith($",\"duration_ms\":{shown}}}\n", Write(request), StringComparison.Ordinal);
            Assert.Equal($"GET / 200 in {shown} ms", request.ToString());
        }
    }

    private static string Write(RequestLine request)
        => StrictUtf8.GetString(JsonLine.Write(
            JsonEncodedText.Encode("app"), JsonEncodedText.Encode("Test"), Now, LogLevel.Information, request, null, static (line, _) => line.ToString()));
}
