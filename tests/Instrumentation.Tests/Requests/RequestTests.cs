using System.Diagnostics;
using System.Globalization;

namespace Instrumentation.Tests.Requests;

[Collection(OneHost.AtATime)]
public sealed class RequestTests
{
    public static TheoryData<string> Scenarios => [.. Scenario.All.Select(static scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task A_request_is_told_by_span_metric_and_line_alike(string name)
    {
        var scenario = Named(name);
        var (span, measured, _) = await Recorded.ByPlainOpenTelemetryAsync(scenario);
        var plain = span;
        var ours = await Recorded.ByUsAsync(scenario);
        (span, measured, _) = ours;
        var line = ours.RequestLine;

        Assert.Empty(plain.TagObjects.Select(static tag => tag.Key).Except(span.TagObjects.Select(static tag => tag.Key)));
        Assert.Equal(scenario.Route, span.GetTagItem("http.route"));
        Assert.Equal(scenario.Route, measured.GetValueOrDefault("http.route"));
        Assert.Equal(scenario.Route is null ? "GET" : $"GET {scenario.Route}", span.DisplayName);
        Assert.Equal(measured["http.response.status_code"], span.GetTagItem("http.response.status_code"));
        Assert.Equal(scenario.Status, Convert.ToInt32(span.GetTagItem("http.response.status_code"), CultureInfo.InvariantCulture));

        var failed = scenario.Status >= 500 || scenario.Fault is not null;
        Assert.Equal(failed ? ActivityStatusCode.Error : ActivityStatusCode.Unset, span.Status);
        var error = failed ? scenario.Fault ?? $"{scenario.Status}" : null;
        Assert.Equal(error, span.GetTagItem("error.type"));
        Assert.Equal(error, measured.GetValueOrDefault("error.type"));
        var exceptions = span.Events.Where(static occurred => occurred.Name == "exception").Select(static occurred => occurred.Tags.ToDictionary()).ToList();
        Assert.Equal(scenario.Fault is null ? [] : [scenario.Fault], exceptions.Select(static tags => tags["exception.type"]));
        Assert.All(exceptions, static tags => Assert.Equal("broken", tags["exception.message"]));
        Assert.All(exceptions, static tags => Assert.Contains("   at ", (string)tags["exception.stacktrace"]!, StringComparison.Ordinal));

        Assert.Equal(span.TraceId.ToHexString(), line.GetProperty("trace_id").GetString());
        Assert.Equal(span.SpanId.ToHexString(), line.GetProperty("span_id").GetString());
        Assert.Equal(scenario.Route, line.TryGetProperty("http_route", out var route) ? route.GetString() : null);
        Assert.Equal(scenario.Status, line.GetProperty("http_status").GetInt32());
        Assert.Equal(failed ? "error" : "information", line.GetProperty("level").GetString());
        Assert.Equal(scenario.Fault, line.TryGetProperty("exception_type", out var type) ? type.GetString() : null);
        if (scenario.Fault is not null)
            Assert.Contains("   at ", line.GetProperty("exception").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("is unavailable by itself")]
    [InlineData("is unavailable behind status code pages")]
    [InlineData("is cancelled by its client")]
    public async Task What_is_no_fault_of_the_code_is_not_logged_as_unhandled(string name)
    {
        var recorded = await Recorded.ByUsAsync(Named(name));
        Assert.DoesNotContain(recorded.Lines, static line => line.TryGetProperty("exception", out _));
        Assert.DoesNotContain(recorded.Lines, static line => line.GetRawText().Contains("unhandled", StringComparison.OrdinalIgnoreCase));
    }

    private static Scenario Named(string name) => Scenario.All.Single(scenario => scenario.Name == name);
}
