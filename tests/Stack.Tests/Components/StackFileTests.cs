using MicroMonitored.Model;
using MicroMonitored.Model.Components;

namespace Stack.Tests.Components;

public sealed class StackFileTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Names_places_with_what_their_requests_carry()
    {
        var stack = Read("""
            {
              // Ours since spring.
              "prometheus": { "url": "https://metrics.test/prometheus", "token": "METRICS_TOKEN" },
              "loki": { "url": "https://logs.test", "user": "team", "password": "LOGS_PASSWORD", "tenant": "team-a" },
              "tempo": { "url": "http://traces.test:3200/", "headers": { "X-Api-Key": "METRICS_TOKEN" } },
              "otlpHttp": { "url": "http://traces.test:4318" },
              "searchDelay": "30s", "scrapeInterval": "1m", "insecure": true,
            }
            """);

        Assert.Equal(new Uri("https://metrics.test/prometheus/"), stack["prometheus"]!.Address);
        Assert.Equal(EndpointCredentials.Bearer("secret-1"), stack["prometheus"]!.Credentials);
        Assert.Equal(EndpointCredentials.Basic("team", "secret-2"), stack["loki"]!.Credentials);
        Assert.Equal([KeyValuePair.Create("X-Scope-OrgID", "team-a")], stack["loki"]!.Headers);
        Assert.Equal([KeyValuePair.Create("X-Api-Key", "secret-1")], stack["tempo"]!.Headers);
        Assert.Null(stack["zipkin"]);
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), true), (stack.SearchDelay, stack.ScrapeInterval, stack.AcceptsAnyCertificate));
    }

    [Fact]
    public void Tells_every_fault_at_once_and_no_secret()
    {
        var refusal = Assert.Throws<FaultException>(() => Read("""
            {
              "promethues": { "url": "http://a" },
              "prometheus": { "url": "metrics.test", "pasword": "LOGS_PASSWORD" },
              "loki": { "url": "http://user:secret-2@logs.test", "user": "team" },
              "tempo": { "url": "http://traces.test", "token": "s3cret-itself", "user": "a", "password": "LOGS_PASSWORD" },
              "scrapeInterval": "soon", "insecure": "yes"
            }
            """));

        var file = Path.GetFileName(_file);
        Assert.Equal(
            [
                $"{file}: unknown key promethues; did you mean prometheus? known are prometheus, loki, tempo, otlpHttp, otlpGrpc, zipkin, jaegerThrift, "
                    + "grafana, alertmanager, scrapeInterval, searchDelay, insecure",
                $"{file}: prometheus: unknown key pasword; did you mean password? known are url, user, password, token, tenant, headers",
                $"{file}: prometheus.url: \"metrics.test\" is no endpoint; use an http:// or https:// address",
                $"{file}: loki has one of user and password; use user and password, or token",
                $"{file}: loki.url carries a password; name it by user and password, which is the name of a variable",
                $"{file}: tempo.token names no variable that is set; set it, or name another",
                $"{file}: scrapeInterval is \"soon\"; use a duration such as 15s",
                $"{file}: insecure is \"yes\"; use true or false",
                $"{file}: otlpHttp is missing; add \"otlpHttp\": {{ \"url\": \"https://…\" }}",
            ],
            refusal.Faults);
        Assert.DoesNotContain("s3cret-itself", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"loki\":1,\"loki\":2}")]
    public void What_is_no_object_is_told_with_its_file(string json)
        => Assert.StartsWith($"--stack={_file}: ", Assert.Throws<FaultException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_told()
        => Assert.StartsWith(
            "--stack=nowhere.json: ",
            Assert.Throws<FaultException>(() => StackFile.Read("nowhere.json", new Dictionary<string, string>())).Message,
            StringComparison.Ordinal);

    private StackFile Read(string json)
    {
        File.WriteAllText(_file, json);
        return StackFile.Read(_file, new Dictionary<string, string> { ["METRICS_TOKEN"] = "secret-1", ["LOGS_PASSWORD"] = "secret-2" });
    }
}
