using System.Text.Json;

namespace Stack.Tests.Rendering;

/// <summary>Our rendered files in a real Prometheus and a real Alertmanager, with a service to scrape and a webhook to be told.</summary>
public sealed class RealComponentsTests(RealComponents stack) : IClassFixture<RealComponents>
{
    [Fact]
    public async Task A_service_of_the_target_file_is_scraped_as_its_own_job()
    {
        await stack.Ready();

        await stack.Value("""up{job="shop-orders"} == 1""", value => value == "1");
        await stack.Value("""sum(http_server_request_duration_seconds_count{job="shop-orders"})""",
            value => double.Parse(value, System.Globalization.CultureInfo.InvariantCulture) > 0);
    }

    [Fact]
    public async Task Its_exemplars_are_stored_with_their_trace_id()
    {
        await stack.Ready();
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        await stack.Until(
            $"/api/v1/query_exemplars?query=http_server_request_duration_seconds_bucket&start={now - 60}&end={now + 60}",
            answer => answer.Contains(RealComponents.TraceId, StringComparison.Ordinal),
            TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Every_rule_evaluates()
    {
        await stack.Ready();

        await stack.Until("/api/v1/rules", answer => States(answer) is { Count: 34 } states && states.All(state => state == "ok"), TimeSpan.FromSeconds(15));
        await stack.Value("""service:http_requests:rate1m{job="shop-orders"}""",
            value => double.Parse(value, System.Globalization.CultureInfo.InvariantCulture) > 0);

        static List<string?> States(string answer)
        {
            using var document = JsonDocument.Parse(answer);
            return [.. document.RootElement.GetProperty("data").GetProperty("groups").EnumerateArray()
                .SelectMany(group => group.GetProperty("rules").EnumerateArray())
                .Select(rule => rule.GetProperty("health").GetString())];
        }
    }

    [Fact]
    public async Task A_service_that_is_added_later_is_scraped_without_a_restart()
    {
        await stack.Ready();

        stack.WriteTargets("shop-orders", "shop-inventory", "shop-billing");

        await stack.Value("""up{job="shop-billing"}""", value => value == "1");
    }

    [Fact]
    public async Task A_service_that_is_down_is_told_to_the_webhook_and_so_is_its_return()
    {
        await stack.Ready();

        var fired = await stack.Notification("firing", "shop-inventory", TimeSpan.FromSeconds(30));
        Assert.Equal("ServiceDown", fired.GetProperty("labels").GetProperty("alertname").GetString());
        Assert.Equal("critical", fired.GetProperty("labels").GetProperty("severity").GetString());

        stack.BringUp("shop-inventory");

        await stack.Notification("resolved", "shop-inventory", TimeSpan.FromSeconds(30));
    }
}
