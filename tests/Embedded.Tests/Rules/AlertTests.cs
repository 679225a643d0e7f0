using System.Net;
using System.Text.Json.Nodes;
using Embedded.Tests.Ingest;
using MicroMonitored.Embedded;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Embedded.Tests.Rules;

/// <summary>A running engine with rules and a receiver of its alerts.</summary>
public sealed class AlertTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly StackPorts _ports = Configurations.FreePorts();
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly List<JsonNode> _told = [];
    private EmbeddedEngine _engine = null!;
    private WebApplication _receiver = null!;
    private bool _isAway;
    private bool _isSilent;
    private TaskCompletionSource? _held;
    private Task<bool>? _answered;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _receiver = builder.Build();
        _receiver.Run(async context =>
        {
            var body = (await JsonNode.ParseAsync(context.Request.Body))!;
            if (_isAway)
                context.Response.StatusCode = 500;
            if (_held is { } held)
            {
                var aborted = new TaskCompletionSource();
                await using var end = context.RequestAborted.Register(aborted.SetResult);
                _answered = AnsweredAsync();
                async Task<bool> AnsweredAsync() => await Task.WhenAny(held.Task, aborted.Task) == held.Task;
            }

            lock (_told)
                _told.Add(body);
            if (_answered is { } answered)
                await answered;
            if (_isSilent)
                await Task.Delay(TimeSpan.FromMinutes(1), context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
        });
        await _receiver.StartAsync();
        Write("x == 1");
        Directory.CreateDirectory(_folder.File("logs"));
        _engine = await EmbeddedEngine.StartAsync(new EmbeddedOptions
        {
            DataFolder = _folder.File("data"), LogFolder = _folder.File("logs"), Ports = _ports, Rules = _folder.File("rules"),
            Webhook = new(_receiver.Urls.Single()), VerifyUrl = _folder.File("verify.url"),
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        await _receiver.DisposeAsync();
        _client.Dispose();
        _folder.Dispose();
    }

    private void Write(string condition)
    {
        Directory.CreateDirectory(_folder.File("rules"));
        File.WriteAllText(_folder.File("rules/own.yml"), $$$"""
            groups:
            - name: own
              interval: 1s
              rules:
              - { record: 'own:one', expr: vector(1) }
              - { alert: Broken, expr: '{{{condition}}}', labels: { severity: warning }, annotations: { summary: 'it is {{ $value }}' } }
            """);
    }

    private async Task<JsonNode> Get(string path) => JsonNode.Parse(await _client.GetStringAsync($"http://127.0.0.1:{_ports.Prometheus}{path}"))!["data"]!;

    private static async Task<T> Becomes<T>(Func<Task<T?>> look) where T : class
    {
        for (var i = 0; i < 150; i++, await Task.Delay(100))
        {
            if (await look() is { } there)
                return there;
        }

        throw new TimeoutException("did not come in 15 s");
    }

    private Task<JsonNode> Told(string status) => Becomes(() =>
    {
        lock (_told)
            return Task.FromResult(_told.LastOrDefault(one => (string?)one["status"] == status));
    });

    [Fact]
    public async Task An_alert_is_answered_told_and_its_end_too()
    {
        Write("vector(1)");
        var active = await Becomes(async () => (await Get("/api/v1/alerts"))["alerts"]!.AsArray().FirstOrDefault());
        Assert.Equal("""{"alertname":"Broken","severity":"warning"}""", active["labels"]!.ToJsonString());
        Assert.Equal(("firing", "it is 1", "1e+00"), ((string?)active["state"], (string?)active["annotations"]!["summary"], (string?)active["value"]));
        var rules = (await Get("/api/v1/rules"))["groups"]![0]!;
        Assert.Equal(("own", 1.0), ((string?)rules["name"], (double)rules["interval"]!));
        Assert.Equal(["recording", "alerting"], rules["rules"]!.AsArray().Select(static rule => (string?)rule!["type"]));
        Assert.Equal(["ok", "ok"], rules["rules"]!.AsArray().Select(static rule => (string?)rule!["health"]));
        Assert.Null(rules["rules"]![0]!["state"]);
        Assert.Single((await Get("/api/v1/rules?type=record"))["groups"]![0]!["rules"]!.AsArray());
        Assert.Empty((await Get("/api/v1/rules?rule_name[]=none"))["groups"]!.AsArray());
        Assert.Contains("\"1\"]", (await Get("/api/v1/query?query=own:one"))["result"]!.ToJsonString(), StringComparison.Ordinal);

        var told = await Told("firing");
        Assert.Equal(("4", "webhook", "Broken"), ((string?)told["version"], (string?)told["receiver"], (string?)told["groupLabels"]!["alertname"]));
        Assert.Equal("it is 1", (string?)told["alerts"]![0]!["annotations"]!["summary"]);
        Write("vector(1) == 2");
        Assert.Equal("resolved", (string?)(await Told("resolved"))["alerts"]![0]!["status"]);
    }

    [Fact]
    public async Task What_a_receiver_refuses_is_told_again_and_counted()
    {
        _isAway = true;
        Write("vector(1)");
        await Told("firing");
        await Becomes(async () => (await _client.GetStringAsync($"http://127.0.0.1:{_ports.Prometheus}/metrics")) is var text
            && text.Contains("micromonitored_notifications_failed_total{reason=\"webhook\"} 1", StringComparison.Ordinal) ? text : null);
        _isAway = false;
        lock (_told)
            _told.Clear();
        await Told("firing");
    }

    [Fact]
    public async Task A_receiver_that_never_answers_holds_no_rule()
    {
        _isSilent = true;
        Write("vector(1)");
        await Told("firing");
        var evaluated = new HashSet<string>();
        for (var i = 0; i < 6; i++, await Task.Delay(1000))
            evaluated.Add((string)(await Get("/api/v1/rules"))["groups"]![0]!["lastEvaluation"]!);
        Assert.InRange(evaluated.Count, 3, 6);
    }

    [Fact]
    public async Task An_engine_that_stops_waits_for_a_notification_under_way()
    {
        _held = new();
        Write("vector(1)");
        await Told("firing");
        var stopping = _engine.DisposeAsync().AsTask();
        await Task.WhenAny(stopping, _answered!, Task.Delay(1000));
        _held.SetResult();
        await stopping;
        Assert.True(await _answered!, "the notification was cut short");
    }

    [Fact]
    public async Task The_alert_of_Verify_is_told_at_once_to_the_address_in_its_file_and_nowhere_else()
    {
        File.WriteAllText(_folder.File("rules/verify.yml"), """
            groups:
            - { name: verify, interval: 1s, rules: [{ alert: VerifyProbe, expr: vector(1), labels: { run_id: one } }] }
            """);
        await Becomes(async () => (await Get("/api/v1/alerts"))["alerts"]!.AsArray().FirstOrDefault());
        await Task.Delay(1500);
        Assert.Empty(_told);
        File.WriteAllText(_folder.File("verify.url"), _receiver.Urls.Single());
        var told = await Told("firing");
        Assert.Equal(("verify", "one"), ((string?)told["receiver"], (string?)told["groupLabels"]!["run_id"]));
        File.Delete(_folder.File("rules/verify.yml"));
    }

    [Fact]
    public async Task A_broken_rule_is_answered_as_such_and_mended_while_the_engine_runs()
    {
        Write("sum(x");
        var broken = await Becomes(async () => (await Get("/api/v1/rules"))["groups"]!.AsArray().SelectMany(static group => group!["rules"]!.AsArray())
            .FirstOrDefault(static rule => (string?)rule!["health"] == "err"));
        Assert.Equal("1:6: parse error: unclosed left parenthesis", (string?)broken["lastError"]);
        Write("x == 1");
        await Becomes(async () => (await Get("/api/v1/rules")) is var now && now["groups"]![0]!["rules"]!.AsArray()
            .All(static rule => (string?)rule!["health"] == "ok") ? now : null);
    }
}
