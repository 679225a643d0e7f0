using System.Xml.Linq;
using MicroMonitored.Verification.Reports;

namespace MicroMonitored.Verification.Tests;

public sealed class ReportTests
{
    private static readonly VerificationReport Report = new()
    {
        Engine = "embedded",
        RunId = "0123456789abcdef",
        StartedAt = new DateTimeOffset(2026, 11, 23, 1, 2, 3, TimeSpan.Zero),
        DurationMs = 4321.5,
        Checks =
        [
            new("metrics.exact-count", "shop-orders", CheckStatus.Pass, 3210, "20 requests counted", null, null),
            new("logs.exactly-once", "shop-orders", CheckStatus.Fail, 950.25, "1 missing <a|b> \u001b[31m & 100%, done:\nsecond", "shop-orders → log agent",
                "look at [the] drop counter"),
            new("grafana.health", null, CheckStatus.Skip, 0, "this stack has no Grafana", null, null),
        ],
        Freshness = new Dictionary<string, Freshness> { ["logs"] = new(50, 90.25, 100) },
    };

    [Fact]
    public void Json_is_the_agreed_shape()
    {
        Assert.Equal(
            """
            {
              "engine": "embedded",
              "runId": "0123456789abcdef",
              "startedAt": "2026-11-23T01:02:03+00:00",
              "durationMs": 4321.5,
              "passed": 1,
              "failed": 1,
              "skipped": 1,
              "checks": [
                {
                  "id": "metrics.exact-count",
                  "service": "shop-orders",
                  "status": "pass",
                  "durationMs": 3210,
                  "detail": "20 requests counted",
                  "hop": null,
                  "fix": null
                },
                {
                  "id": "logs.exactly-once",
                  "service": "shop-orders",
                  "status": "fail",
                  "durationMs": 950.25,
                  "detail": "1 missing <a|b> \u001B[31m & 100%, done:\nsecond",
                  "hop": "shop-orders → log agent",
                  "fix": "look at [the] drop counter"
                },
                {
                  "id": "grafana.health",
                  "service": null,
                  "status": "skip",
                  "durationMs": 0,
                  "detail": "this stack has no Grafana",
                  "hop": null,
                  "fix": null
                }
              ],
              "freshness": {
                "logs": {
                  "p50Ms": 50,
                  "p95Ms": 90.25,
                  "maxMs": 100
                }
              }
            }

            """,
            JsonReport.Write(Report));
        Assert.Equal(Report.Checks, JsonReport.Read(JsonReport.Write(Report)).Checks);
    }

    [Fact]
    public void JUnit_is_xml_with_a_case_per_check_and_service()
    {
        var root = XDocument.Parse(JUnitReport.Write(Report)).Root!;

        Assert.Equal(("testsuites", "3", "1", "1"),
            (root.Name.LocalName, root.Attribute("tests")!.Value, root.Attribute("failures")!.Value, root.Attribute("skipped")!.Value));
        Assert.Equal(["metrics", "logs", "grafana"], root.Elements("testsuite").Select(suite => suite.Attribute("name")!.Value));
        var failure = root.Descendants("failure").Single();
        Assert.Equal("logs.exactly-once (shop-orders)", failure.Parent!.Attribute("name")!.Value);
        Assert.Contains("fix: look at [the] drop counter", failure.Value, StringComparison.Ordinal);
        Assert.Equal("this stack has no Grafana", root.Descendants("skipped").Single().Attribute("message")!.Value);
        Assert.StartsWith("<?xml version=\"1.0\" encoding=\"utf-8\"?>", JUnitReport.Write(Report), StringComparison.Ordinal);
    }

    [Fact]
    public void Markdown_names_what_failed_and_escapes_cells()
    {
        var lines = MarkdownReport.Write(Report).Split('\n');

        Assert.Equal("## Verify: failed", lines[0]);
        Assert.Equal("1 passed, 1 failed, 1 skipped in 4.3 s on the embedded engine (run `0123456789abcdef`)", lines[2]);
        Assert.Contains("| `logs.exactly-once` | shop-orders | 1 missing &lt;a\\|b&gt; \u001b[31m & 100%, done: second "
            + "| shop-orders → log agent | look at [the] drop counter |", lines);
        Assert.Contains("| logs | 50 | 90 | 100 |", lines);
    }

    [Fact]
    public void Annotations_escape_what_the_command_would_read()
    {
        var text = new StringWriter();
        GitHubAnnotations.Write(text, Report);

        Assert.Equal(
            "::error title=logs.exactly-once (shop-orders)::1 missing <a|b> \u001b[31m & 100%25, done:%0Asecond"
                + "%0Ahop: shop-orders → log agent%0Afix: look at [the] drop counter\n",
            text.ToString());
    }

    [Fact]
    public async Task Files_are_written_into_a_new_folder()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"verify-{Guid.NewGuid():n}");
        try
        {
            var files = await ReportFiles.WriteAsync(Report, folder, TestContext.Current.CancellationToken);

            Assert.Equal(["report.json", "junit.xml", "summary.md"], files.Select(Path.GetFileName));
            Assert.All(files, file => Assert.True(new FileInfo(file).Length > 0));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
