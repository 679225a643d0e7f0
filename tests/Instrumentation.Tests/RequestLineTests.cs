using MicroMonitored.Instrumentation;
using Microsoft.Extensions.Logging;
using Instrumentation.Tests.Logs;

namespace Instrumentation.Tests;

public sealed class RequestLineTests : IDisposable
{
    private readonly LoggedLines _logged = new();

    public void Dispose() => _logged.Dispose();

    [Fact]
    public void A_line_is_written_as_agreed()
    {
        Log(new RequestLine("GET", "/orders/7", "/orders/{id}", 200, 1.50049));
        Assert.EndsWith(
            "\"message\":\"GET /orders/7 200 in 1.5 ms\",\"http_method\":\"GET\",\"http_path\":\"/orders/7\",\"http_status\":200,"
            + "\"duration_ms\":1.5,\"http_route\":\"/orders/{id}\"}\n",
            _logged.Text,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/\"quoted\"\\")]
    [InlineData("/two\r\nlines\u0000\u001b[31m")]
    [InlineData("/한글/🙂")]
    public void Hostile_paths_and_routes_stay_one_line_of_valid_json(string path)
    {
        Log(new RequestLine("GET", path, path, 404, 0));
        Assert.Equal('\n', _logged.Text[^1]);
        Assert.DoesNotContain(_logged.Text[..^1], char.IsControl);
        Assert.Equal(path, _logged.Json.GetProperty("http_path").GetString());
        Assert.Equal(path, _logged.Json.GetProperty("http_route").GetString());
        Assert.Equal($"GET {path} 404 in 0 ms", _logged.Json.GetProperty("message").GetString());
    }

    [Theory]
    [InlineData('x', 'x')]
    [InlineData('\u0001', '\u0001')]
    [InlineData('\ud800', '\ufffd')]
    public void The_longest_path_that_a_server_takes_fits_or_is_cut_and_half_a_pair_is_replaced(char character, char read)
    {
        var path = "/" + new string(character, 8 * 1024);
        Log(new RequestLine("OPTIONS", path, null, 404, 12_345.678));
        Assert.Equal(path.Replace(character, read), _logged.Json.GetProperty("http_path").GetString());
        Assert.False(_logged.Json.TryGetProperty("http_route", out _));
    }

    private void Log(RequestLine line) => _logged.Logger.Log(LogLevel.Information, default, line, null, static (line, _) => line.ToString());
}
