using MicroMonitored.Verification.Reports;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MicroMonitored.Verification.Tests;

public sealed class ConsoleReportTests
{
    private static readonly VerificationReport Green = new()
    {
        Engine = "docker",
        RunId = "0123456789abcdef",
        StartedAt = DateTimeOffset.UnixEpoch,
        DurationMs = 4321.5,
        Checks =
        [
            new("stack.ready", "prometheus", CheckStatus.Pass, 3, "ready on http://127.0.0.1:9090/-/ready after 3 ms", null, null),
            new("stack.ready", "loki", CheckStatus.Pass, 12, "ready on http://127.0.0.1:3100/ready after 12 ms", null, null),
            new("metrics.exact-count", "shop-orders", CheckStatus.Pass, 3210, "20 requests counted", null, null),
            new("logs.exactly-once", null, CheckStatus.Pass, 700, "50 numbered lines stored once each, in order, with their own timestamps", null, null),
            new("logs.exactly-once", "shop-orders", CheckStatus.Pass, 950, "20 requests left 20 request lines, in order", null, null),
            new("grafana.health", null, CheckStatus.Skip, 0, "this stack has no Grafana", null, null),
        ],
        Freshness = new Dictionary<string, Freshness> { ["logs"] = new(50, 90.25, 100) },
    };

    private static readonly VerificationReport Red = Green with
    {
        Checks =
        [
            new("metrics.otlp", null, CheckStatus.Fail, 15, "the OTLP receiver answered 404 on http://127.0.0.1:4318/v1/metrics: not found",
                "verify → OTLP metric receiver", "start Prometheus with --web.enable-otlp-receiver"),
            new("metrics.exemplar", "shop-inventory", CheckStatus.Skip, 0, "blocked: shop-inventory is not scraped (see metrics.target-up)", null, null),
            new("metrics.exemplar", "shop-orders", CheckStatus.Pass, 310, "exemplar of trace 0123 on /orders le=0.005", null, null),
            new("logs.exactly-once", "shop-inventory", CheckStatus.Skip, 0, "blocked: nothing reached shop-inventory", null, null),
            new("logs.exactly-once", "shop-orders", CheckStatus.Fail, 20900, "1 missing <a|b> \u001b[31m & 100%, done:\nsecond", "shop-orders → log agent",
                "look at [the] drop counter of shop-orders, the agent's dropped entries, the store's discarded samples"),
            new("logs.exactly-once", "shop-payments", CheckStatus.Fail, 20900, "2 missing (line 7, line 8)",
                "shop-payments → log agent", "look at the log of loki"),
        ],
    };

    [Fact]
    public void A_green_run_is_one_row_a_check_with_its_services_folded_in() => Assert.Equal(
        """
        pass  stack.ready          2/2   12 ms  prometheus, loki
        pass  metrics.exact-count  1/1   3.2 s  20 requests counted
        pass  logs.exactly-once    2/2  950 ms  synthetic, shop-orders
        skip  grafana.health       -            this stack has no Grafana
        5 passed, 0 failed, 1 skipped

        """,
        Written(Green, 100));

    [Fact]
    public void A_failure_unfolds_with_service_hop_and_fix() => Assert.Equal(
        """
        FAIL  metrics.otlp       0/1   15 ms
              the OTLP receiver answered 404 on http://127.0.0.1:4318/v1/metrics: not found
                hop: verify → OTLP metric receiver
                fix: start Prometheus with --web.enable-otlp-receiver
        pass  metrics.exemplar   1/2  310 ms  shop-inventory skipped: blocked: shop-inventory is not…
        FAIL  logs.exactly-once  0/3  20.9 s  shop-orders, shop-payments, shop-inventory skipped
              shop-orders: 1 missing <a|b> �[31m & 100%, done: second
                hop: shop-orders → log agent
                fix: look at [the] drop counter of shop-orders, the agent's dropped entries, the
                     store's discarded samples
              shop-payments: 2 missing (line 7, line 8)
                hop: shop-payments → log agent
                fix: look at the log of loki
        1 passed, 3 failed, 2 skipped

        """,
        Written(Red, 100));

    [Fact]
    public void Eighty_columns_are_enough() => Assert.Equal(
        """
        FAIL  metrics.otlp       0/1   15 ms
              the OTLP receiver answered 404 on http://127.0.0.1:4318/v1/metrics:
                   not found
                hop: verify → OTLP metric receiver
                fix: start Prometheus with --web.enable-otlp-receiver
        pass  metrics.exemplar   1/2  310 ms  shop-inventory skipped: blocked:…
        FAIL  logs.exactly-once  0/3  20.9 s  shop-orders, shop-payments,…
              shop-orders: 1 missing <a|b> �[31m & 100%, done: second
                hop: shop-orders → log agent
                fix: look at [the] drop counter of shop-orders, the agent's dropped
                     entries, the store's discarded samples
              shop-payments: 2 missing (line 7, line 8)
                hop: shop-payments → log agent
                fix: look at the log of loki
        1 passed, 3 failed, 2 skipped

        """,
        Written(Red, 80));

    [Fact]
    public void Details_show_every_check_of_every_service_whole() => Assert.Equal(
        """
        pass  stack.ready          prometheus     3 ms  ready on http://127.0.0.1:9090/-/ready after 3 ms
        pass  stack.ready          loki          12 ms  ready on http://127.0.0.1:3100/ready after 12 ms
        pass  metrics.exact-count  shop-orders   3.2 s  20 requests counted
        pass  logs.exactly-once                 700 ms  50 numbered lines stored once each, in order, with
                                                        their own timestamps
        pass  logs.exactly-once    shop-orders  950 ms  20 requests left 20 request lines, in order
        skip  grafana.health                            this stack has no Grafana
        logs: emit to queryable p50 50 ms, p95 90 ms, max 100 ms
        5 passed, 0 failed, 1 skipped

        """,
        Written(Green, 100, details: true));

    [Fact]
    public void Details_show_hop_and_fix_of_a_failure_once()
    {
        var lines = Written(Red, 80, details: true).Split('\n');

        Assert.Equal(3, lines.Count(line => line.TrimStart().StartsWith("hop: ", StringComparison.Ordinal)));
        Assert.Single(lines, line => line.Contains("2 missing", StringComparison.Ordinal));
        Assert.Equal("1 passed, 3 failed, 2 skipped", lines[^2]);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(63)]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(240)]
    public void No_line_is_wider_than_the_console(int width)
    {
        foreach (var report in (VerificationReport[])[Green, Red, Wide(Red)])
        {
            foreach (var details in (bool[])[false, true])
            {
                Assert.All(Written(report, width, details).Split('\n'), row => Assert.True(new Segment(row).CellCount() <= width, $"{width}: {row}"));
            }
        }
    }

    [Fact]
    public void A_report_without_checks_has_totals() => Assert.Equal("0 passed, 0 failed, 0 skipped\n", Written(Green with { Checks = [] }, 100));

    /// <summary>The same with words that no line can hold, of letters two cells wide.</summary>
    private static VerificationReport Wide(VerificationReport report) =>
        report with { Checks = [.. report.Checks.Select(check => check with { Detail = new string('측', 150), Fix = new string('정', 90) + check.Fix })] };

    private static string Written(VerificationReport report, int width, bool details = false)
    {
        var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = width;
        ConsoleReport.Write(console, report, details);
        return text.ToString().ReplaceLineEndings("\n");
    }
}
