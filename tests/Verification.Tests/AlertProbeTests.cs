using System.Net;
using System.Text.RegularExpressions;

namespace MicroMonitored.Verification.Tests;

/// <summary>The alert that Verify provokes, told by whom it pleases.</summary>
[Collection("stack")]
public sealed partial class AlertProbeTests
{
    private const string Told = """
        {"version":"4","groupKey":"{}:{}","status":"STATUS","receiver":"verify","alerts":[{"status":"STATUS",
        "labels":{"alertname":"VerifyProbe","run_id":"RUN"},"annotations":{"summary":"s"},
        "startsAt":"2026-11-23T01:02:03Z","endsAt":"2026-11-23T01:02:04.5Z","fingerprint":"0011223344556677"}]}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "", "", "")]
    [InlineData("\"version\":\"4\"", "\"version\":\"3\"", "what is told of VerifyProbe has the version 3, not 4", "let what notifies speak")]
    [InlineData("\"receiver\":\"verify\",", "", "what is told of VerifyProbe lacks receiver", "let what notifies speak")]
    [InlineData(",\"fingerprint\":\"0011223344556677\"", "", "what is told of VerifyProbe lacks fingerprint", "let what notifies speak")]
    [InlineData("\"summary\":\"s\"", "", "what is told of VerifyProbe lacks the annotations of the rule", "let what notifies speak")]
    [InlineData("02:04.5Z", "02:02Z", "what is told of VerifyProbe ends before it starts", "let what notifies speak")]
    [InlineData("resolved", "firing", "nobody told Verify that VerifyProbe has ended", "send_resolved: true")]
    [InlineData("RUN", "another", "VerifyProbe fires and nobody told Verify", "route VerifyProbe to a webhook")]
    public async Task What_is_told_is_read_closely(string from, string to, string detail, string fix)
    {
        await using var engine = await RealEngine.StartAsync();
        var file = engine.File("other.url");
        var plan = engine.Plan with { Only = ["alerts.*"], Exposure = engine.Plan.Exposure! with { UrlFile = file }, Timeout = TimeSpan.FromSeconds(8) };
        var running = Verifier.RunAsync(plan, TimeProvider.System, Cancellation);
        using var client = new HttpClient();
        string url;
        while ((url = await UrlAsync(file)).Length == 0)
            await Task.Delay(20, Cancellation);
        var run = RunId().Match(await client.GetStringAsync(new Uri(new Uri(url), "/metrics"), Cancellation)).Groups[1].Value;
        foreach (var status in new[] { "firing", "resolved" })
        {
            var text = Told.Replace("STATUS", status, StringComparison.Ordinal);
            text = from.Length == 0 ? text : text.Replace(from, to, StringComparison.Ordinal);
            using var content = new StringContent(text.Replace("RUN", run, StringComparison.Ordinal));
            (await client.PostAsync(new Uri(url), content, Cancellation)).EnsureSuccessStatusCode();
        }

        var check = (await running).Checks.Single(check => check.Id == "alerts.round-trip");
        Assert.Equal(detail.Length == 0 ? CheckStatus.Pass : CheckStatus.Fail, check.Status);
        Assert.Contains(detail, check.Detail, StringComparison.Ordinal);
        Assert.Equal(detail.Length == 0 ? null : "rules → webhook of Verify", check.Hop);
        Assert.Contains(fix, check.Fix ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_message_is_refused()
    {
        await using var engine = await RealEngine.StartAsync();
        var exposure = new Exposure(UrlFile: engine.File("other.url"));
        var plan = engine.Plan with { Only = ["alerts.round-trip"], Exposure = exposure, Timeout = TimeSpan.FromSeconds(4) };
        var running = Verifier.RunAsync(plan, TimeProvider.System, Cancellation);
        using var client = new HttpClient();
        string url;
        while ((url = await UrlAsync(exposure.UrlFile!)).Length == 0)
            await Task.Delay(20, Cancellation);
        var codes = new List<HttpStatusCode>();
        HttpContent[] contents = [new StringContent("no JSON"), new StringContent(new string('x', 2_000_000)), new StreamContent(new Endless())];
        foreach (var content in contents)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
            // What is too large or of no known length is refused before it is sent.
            request.Headers.ExpectContinue = content != contents[0];
            using var answer = await client.SendAsync(request, Cancellation);
            codes.Add(answer.StatusCode);
        }

        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.LengthRequired, HttpStatusCode.LengthRequired], codes);
        Assert.Equal("prometheus → verify /metrics", (await running).Checks.Single(check => check.Id == "alerts.round-trip").Hop);
    }

    [Fact]
    public async Task Runs_at_the_same_time_provoke_it_one_after_the_other()
    {
        await using var engine = await RealEngine.StartAsync();
        var plan = engine.Plan with { Only = ["alerts.*"] };
        var reports = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Verifier.RunAsync(plan, TimeProvider.System, Cancellation)));

        Assert.Empty(reports.SelectMany(FaultMatrixTests.Failures));
        Assert.False(File.Exists(plan.Exposure!.UrlFile));
        Assert.False(File.Exists(plan.Exposure!.TargetsFile));
    }

    private static async Task<string> UrlAsync(string file)
    {
        if (!File.Exists(file))
            return "";
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return (await reader.ReadToEndAsync(Cancellation)).Trim();
    }

    [GeneratedRegex("run_id=\"([0-9a-f]{16})\"")]
    private static partial Regex RunId();

    /// <summary>A body of no known length.</summary>
    private sealed class Endless() : MemoryStream("{}"u8.ToArray())
    {
        public override bool CanSeek => false;
    }
}
