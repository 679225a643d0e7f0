using System.Text.RegularExpressions;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Embedded.Tests.Web.Browser;

/// <summary>What a person clicks, on every page.</summary>
public sealed class BrowserTests(Demo demo) : IClassFixture<Demo>
{
    /// <summary>The pages, each with the name of its picture.</summary>
    public static TheoryData<string, string> Pages => new()
    {
        { "overview", "/" }, { "traces", "/traces" }, { "logs", "/logs?from=now-15m" },
        { "metrics", "/explore/metrics?metric=http_server_request_duration_seconds" }, { "dashboards", "/dashboards" },
        { "dashboard-services", "/dashboards/mm-services?from=now-5m" },
        { "dashboard-stack", "/dashboards/mm-stack?from=now-5m" }, { "dashboard-logs", "/dashboards/mm-logs?from=now-5m" },
        { "dashboard-runtime", "/dashboards/mm-dotnet?from=now-5m" }, { "dashboard-map", "/dashboards/mm-traces?from=now-5m" },
        { "map", "/map?from=now-5m" }, { "alerts", "/alerts" },
        { "explore", "/explore?q=sum%20by%20(job)%20(rate(http_server_request_duration_seconds_count%5B1m%5D))&from=now-5m" },
    };

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Every_page_is_accessible_light_and_dark_and_fits_a_telephone(string name, string address)
    {
        Directory.CreateDirectory(Demo.Pictures);
        foreach (var dark in (bool[])[false, true])
        {
            await using var visit = await demo.OpenAsync(address, dark);
            await Expect(visit.Page.Locator("main")).ToBeVisibleAsync();
            if (await visit.Page.Locator(".chart").CountAsync() > 0)
                await Expect(visit.Page.Locator(".chart canvas").First).ToBeVisibleAsync();
            await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(Demo.Pictures, $"{name}-{(dark ? "dark" : "light")}.png"), FullPage = true });
            var findings = await visit.Page.RunAxe();
            Assert.Empty(findings.Violations.Where(static one => one.Impact is "serious" or "critical")
                .SelectMany(static one => one.Nodes.Take(3).Select(node => $"{one.Id}: {node.Html}")));
        }

        await using var small = await demo.OpenAsync(address, width: 500);
        Assert.InRange(await small.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"), 1, 500);
    }

    [Fact]
    public async Task The_overview_leads_to_a_services_logs()
    {
        await using var visit = await demo.OpenAsync("/");
        var row = visit.Page.Locator("#services tr", new() { HasText = "shop-orders" }).First;
        await Expect(row.Locator(".state")).ToHaveTextAsync("up");
        await row.GetByRole(AriaRole.Link, new() { Name = "logs of shop-orders" }).ClickAsync();
        await Expect(visit.Page).ToHaveURLAsync(new Regex("/logs\\?service=shop-orders"));
        await Expect(visit.Page.Locator("#lines .log").First).ToContainTextAsync("shop-orders");
    }

    [Fact]
    public async Task A_failed_trace_is_found_and_its_exception_read()
    {
        await using var visit = await demo.OpenAsync("/traces?refresh=0");
        await visit.Page.GetByLabel("errors only").CheckAsync();
        await visit.Page.Locator("form.filter button").ClickAsync();
        await Expect(visit.Page.Locator("#found code")).ToContainTextAsync("status = error");
        await visit.Page.Locator("#found td.name a").First.ClickAsync();
        await visit.Page.Locator("#spans details.span summary").First.ClickAsync();
        await Expect(visit.Page.Locator("#spans details[open] pre.stack").First).ToContainTextAsync("InvalidOperationException");
        await Expect(visit.Page.Locator("#spans details[open] pre.stack").First).ToContainTextAsync("\n   at ");
        await visit.Page.GetByText("Its lines in Logs").ClickAsync();
        await Expect(visit.Page).ToHaveURLAsync(new Regex("/logs\\?trace=[0-9a-f]{32}"));
    }

    [Fact]
    public async Task A_line_opens_filters_and_leads_to_its_trace()
    {
        await using var visit = await demo.OpenAsync("/logs?level=error&refresh=0");
        var line = visit.Page.Locator("#lines details.log").First;
        await line.Locator("summary").ClickAsync();
        await Expect(line.Locator("pre.stack")).ToContainTextAsync("InvalidOperationException");
        await line.GetByRole(AriaRole.Link, new() { Name = "Open its trace" }).ClickAsync();
        await Expect(visit.Page).ToHaveURLAsync(new Regex("/trace/[0-9a-f]{32}"));
        await visit.Page.GoBackAsync();
        await visit.Page.Locator("#lines details.log summary").First.ClickAsync();
        await visit.Page.Locator("#lines details.log[open] .fields a").First.ClickAsync();
        await Expect(visit.Page).ToHaveURLAsync(new Regex("[?&](f|service|level)="));
    }

    [Fact]
    public async Task Lines_come_in_while_the_page_is_open_and_hostile_ones_stay_text()
    {
        await using var visit = await demo.OpenAsync("/logs?refresh=2");
        await Expect(visit.Page.Locator("#live")).ToHaveTextAsync("live");
        await Expect(visit.Page.Locator("#lines .text", new() { HasText = "onerror" })).ToHaveTextAsync(Demo.Hostile);
        var late = $"came in {Guid.NewGuid():n}";
        await demo.LogAsync(late);
        await Expect(visit.Page.Locator("#lines .text", new() { HasText = late })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_metric_is_found_charted_by_a_label_and_its_exemplar_leads_to_a_trace()
    {
        await using var visit = await demo.OpenAsync("/explore/metrics?from=now-5m&refresh=0");
        await visit.Page.GetByLabel("Word of a metric's name or help").FillAsync("request_duration");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "http_server_request_duration_seconds", Exact = true }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "http_route", Exact = true }).ClickAsync();
        await Expect(visit.Page.Locator("table.legend")).ToContainTextAsync("/fault");
        await Expect(visit.Page.Locator("#metric canvas").First).ToBeVisibleAsync();
        await visit.Page.Locator("#exemplars summary").ClickAsync();
        await visit.Page.Locator("#exemplars a").First.ClickAsync();
        await Expect(visit.Page.Locator("#spans details.span").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_dashboard_is_found_narrowed_by_a_variable_and_its_panel_explored()
    {
        await using var visit = await demo.OpenAsync("/dashboards?refresh=0");
        await visit.Page.GetByLabel("Word of a title, or a tag").FillAsync("red");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Services (RED)" }).ClickAsync();
        await Expect(visit.Page.Locator("[data-kind=timeseries] canvas").First).ToBeVisibleAsync();
        await visit.Page.Locator("#pick-service summary").ClickAsync();
        await visit.Page.GetByLabel("shop-inventory", new() { Exact = true }).CheckAsync();
        await visit.Page.Locator("h1").ClickAsync();
        await Expect(visit.Page).ToHaveURLAsync(new Regex("var-service=shop-inventory"));
        await Expect(visit.Page.Locator("#pick-service summary")).ToContainTextAsync("shop-inventory");
        await Expect(visit.Page.Locator("table.legend", new() { HasText = "shop-orders" })).ToHaveCountAsync(0);
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "explore Request rate", Exact = true }).ClickAsync();
        await Expect(visit.Page.Locator("#answer table")).ToContainTextAsync("shop-inventory");
    }

    [Fact]
    public async Task The_map_shows_a_call_and_leads_to_the_called_services_traces()
    {
        await using var visit = await demo.OpenAsync("/map?from=now-5m&refresh=0");
        await Expect(visit.Page.Locator("#map canvas").First).ToBeVisibleAsync();
        var edge = visit.Page.Locator("#edges tbody tr", new() { HasText = "shop-inventory" });
        await Expect(edge.Locator("td").First).ToHaveTextAsync("shop-orders");
        await edge.GetByRole(AriaRole.Link, new() { Name = "traces" }).ClickAsync();
        await Expect(visit.Page.Locator("#found td.name a").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_rule_leads_to_its_query()
    {
        await using var visit = await demo.OpenAsync("/alerts?refresh=0");
        var rule = visit.Page.Locator("section.rules tr", new() { Has = visit.Page.GetByText("service:http_requests:rate1m", new() { Exact = true }) }).First;
        await Expect(rule.Locator(".state")).ToHaveTextAsync("recorded");
        await rule.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(visit.Page.Locator("#answer table")).ToContainTextAsync("shop-orders");
    }

    [Fact]
    public async Task A_query_is_completed_run_and_its_error_shown_in_place()
    {
        await using var visit = await demo.OpenAsync("/explore?from=now-5m&refresh=0");
        var query = visit.Page.Locator("textarea[name=q]");
        await query.PressSequentiallyAsync("http_server_active");
        await Expect(visit.Page.Locator("#completions li").First).ToHaveTextAsync("http_server_active_requests");
        await visit.Page.Keyboard.PressAsync("ArrowDown");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(query).ToHaveValueAsync("http_server_active_requests");
        await query.PressSequentiallyAsync("{jo");
        await visit.Page.Locator("#completions li", new() { HasText = "job" }).First.ClickAsync();
        await query.PressSequentiallyAsync("=\"shop-o");
        await visit.Page.Locator("#completions li", new() { HasText = "shop-orders" }).ClickAsync();
        await query.PressSequentiallyAsync("\"}");
        await visit.Page.Keyboard.PressAsync("Control+Enter");
        await Expect(visit.Page.Locator("#answer table")).ToContainTextAsync("shop-orders");
        await Expect(visit.Page.Locator("#answer canvas").First).ToBeVisibleAsync();
        await visit.Page.Locator("textarea[name=q]").FillAsync("sum(up");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await Expect(visit.Page.Locator("#answer mark")).ToBeVisibleAsync();
        await Expect(visit.Page.Locator("#answer [role=alert]")).Not.ToBeEmptyAsync();
        await visit.Page.GetByLabel("Language").SelectOptionAsync("traceql");
        await visit.Page.Locator("textarea[name=q]").FillAsync("{ status = error }");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await Expect(visit.Page.Locator("#answer td.name a").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Colours_and_time_are_switched_and_the_keyboard_reaches_everything()
    {
        await using var visit = await demo.OpenAsync("/");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Dark colours" }).ClickAsync();
        await Expect(visit.Page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await visit.Page.Locator("#range [name=from]").SelectOptionAsync("now-6h");
        await Expect(visit.Page).ToHaveURLAsync(new Regex("from=now-6h"));
        await visit.Page.GotoAsync("/logs");
        await visit.Page.Keyboard.PressAsync("Tab");
        await Expect(visit.Page.Locator("a.skip")).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.Locator("#main")).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("/");
        await Expect(visit.Page.GetByLabel("Text")).ToBeFocusedAsync();
    }
}
