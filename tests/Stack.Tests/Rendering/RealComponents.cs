using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using MicroMonitored.Model.Rendering;

namespace Stack.Tests.Rendering;

/// <summary>A Prometheus and an Alertmanager on our files, with only names, ports and waits changed.</summary>
public sealed class RealComponents : IAsyncLifetime
{
    public const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    private const string DebianTemplates = "/usr/share/prometheus/alertmanager/default.tmpl";

    private readonly ConcurrentDictionary<string, HttpListener> _services = new();
    private readonly ConcurrentQueue<JsonElement> _notifications = new();
    private readonly List<(Process Process, Task<string> Log)> _processes = [];
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly Dictionary<string, int> _servicePorts =
        new() { ["shop-orders"] = FreePort(), ["shop-inventory"] = FreePort(), ["shop-billing"] = FreePort() };
    private readonly int _prometheusPort = FreePort();
    private readonly int _alertmanagerPort = FreePort();
    private HttpListener? _webhook;
    private RenderedStack? _files;

    public async ValueTask InitializeAsync()
    {
        if (RealTools.Find("prometheus") is not { } prometheus || RealTools.Find("alertmanager") is not { } alertmanager)
            return;

        var webhookPort = FreePort();
        _webhook = Listen(webhookPort, "/hook", async (request, response) =>
        {
            using var document = await JsonDocument.ParseAsync(request.InputStream);
            foreach (var alert in document.RootElement.GetProperty("alerts").EnumerateArray())
                _notifications.Enqueue(alert.Clone());
            response.Close();
        });
        _files = new RenderedStack(RenderedStack.Default with { Webhook = new Uri($"http://127.0.0.1:{webhookPort}/hook") });
        Change("alertmanager/alertmanager.yml", ("/run/secrets/webhook-url", _files.PathOf("secrets/alertmanager/webhook-url")),
            ("group_interval: 10s", "group_interval: 1s"));
        Change("prometheus/prometheus.yml", ("alertmanager:9093", $"127.0.0.1:{_alertmanagerPort}"), ("localhost:9090", $"127.0.0.1:{_prometheusPort}"),
            ("evaluation_interval: 5s", "evaluation_interval: 1s"), ("refresh_interval: 5s", "refresh_interval: 1s"),
            ("scrape_interval: 2s", "scrape_interval: 1s"), ("scrape_timeout: 2s", "scrape_timeout: 1s"));
        Change("prometheus/rules/alerts.yml", ("for: 10s", "for: 1s"));
        Change("prometheus/rules/recording.yml", ("interval: 10s", "interval: 1s"));
        BringUp("shop-orders");
        BringUp("shop-billing");
        WriteTargets("shop-orders", "shop-inventory");

        Start(prometheus, await PrometheusArguments(prometheus));
        Start(alertmanager, [.. Command("alertmanager"), $"--web.listen-address=127.0.0.1:{_alertmanagerPort}"]);
    }

    /// <summary>Waits until both answer; skips where the machine lacks one.</summary>
    public async Task Ready()
    {
        RealTools.Require("prometheus");
        RealTools.Require("alertmanager");
        await Until($"http://127.0.0.1:{_prometheusPort}/-/ready", _ => true, TimeSpan.FromSeconds(20));
        await Until($"http://127.0.0.1:{_alertmanagerPort}/-/ready", _ => true, TimeSpan.FromSeconds(20));
    }

    /// <summary>Starts a service that exposes metrics with an exemplar.</summary>
    public void BringUp(string service)
    {
        var requests = 0;
        _services[service] = Listen(_servicePorts[service], "/metrics", (_, response) =>
        {
            requests += 3;
            response.ContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            var labels = "http_request_method=\"GET\",http_response_status_code=\"200\",http_route=\"/orders\"";
            response.OutputStream.Write(Encoding.UTF8.GetBytes(string.Join('\n',
                "# TYPE http_server_request_duration_seconds histogram",
                $"http_server_request_duration_seconds_bucket{{{labels},le=\"0.1\"}} {requests} # {{trace_id=\"{TraceId}\",span_id=\"00f067aa0ba902b7\"}} 0.05 "
                    + $"{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0:0.000}",
                $"http_server_request_duration_seconds_bucket{{{labels},le=\"+Inf\"}} {requests}",
                $"http_server_request_duration_seconds_count{{{labels}}} {requests}",
                $"http_server_request_duration_seconds_sum{{{labels}}} {requests * 0.05:0.00}",
                "# EOF\n")));
            response.Close();
            return Task.CompletedTask;
        });
    }

    /// <summary>Renders the target file, as <c>Up</c> does when a service is added, with this machine's addresses.</summary>
    public void WriteTargets(params string[] names)
    {
        var again = Directory.CreateTempSubdirectory("micromonitored-targets-").FullName;
        StackRenderer.Render(_files!.Model with { Services = RenderedStack.Containers(names) }, RenderedStack.Assets, again);
        var text = File.ReadAllText(Path.Combine(again, "prometheus", "targets", "services.json"));
        foreach (var (name, port) in _servicePorts)
            text = text.Replace($"{name}:8080", $"127.0.0.1:{port}", StringComparison.Ordinal);
        var target = _files.PathOf("prometheus/targets/services.json");
        File.WriteAllText(target + ".tmp", text);
        File.Move(target + ".tmp", target, overwrite: true);
        Directory.Delete(again, recursive: true);
    }

    public Task Value(string query, Func<string, bool> holds)
        => Until($"/api/v1/query?query={Uri.EscapeDataString(query)}", answer => First(answer) is { } value && holds(value), TimeSpan.FromSeconds(15));

    public async Task Until(string path, Func<string, bool> holds, TimeSpan deadline)
    {
        var url = path.StartsWith('/') ? $"http://127.0.0.1:{_prometheusPort}{path}" : path;
        var until = DateTime.UtcNow + deadline;
        var last = "";
        while (DateTime.UtcNow < until)
        {
            try
            {
                using var response = await _client.GetAsync(url);
                last = await response.Content.ReadAsStringAsync();
                if (response.IsSuccessStatusCode && holds(last))
                    return;
            }
            catch (HttpRequestException exception)
            {
                last = exception.Message;
            }

            foreach (var (process, log) in _processes.Where(started => started.Process.HasExited))
            {
                var text = await log;
                Assert.SkipWhen(text.Contains(DebianTemplates, StringComparison.Ordinal),
                    $"this alertmanager needs {DebianTemplates}; .ci/tools puts it there");
                Assert.Fail($"{process.StartInfo.FileName} ended: {text}");
            }

            await Task.Delay(100);
        }

        Assert.Fail($"{url} after {deadline.TotalSeconds} s: {last}");
    }

    /// <summary>The alert that the webhook was told about a service.</summary>
    public async Task<JsonElement> Notification(string status, string service, TimeSpan deadline)
    {
        for (var until = DateTime.UtcNow + deadline; DateTime.UtcNow < until; await Task.Delay(100))
        {
            foreach (var alert in _notifications)
            {
                if (alert.GetProperty("status").GetString() == status && alert.GetProperty("labels").TryGetProperty("job", out var job)
                    && job.GetString() == service)
                    return alert;
            }
        }

        throw new TimeoutException($"no {status} for {service} among {string.Join('\n', _notifications)}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (process, _) in _processes)
        {
            if (!process.HasExited)
                process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        foreach (var listener in _services.Values.Append(_webhook).OfType<HttpListener>())
            listener.Close();
        _client.Dispose();
        _files?.Dispose();
    }

    private async Task<IEnumerable<string>> PrometheusArguments(string prometheus)
    {
        var (_, help) = await RealTools.Run(prometheus, _files!.Folder, "--help-long");
        // A build that lacks an optional receiver still proves the rest.
        bool Knows(string name)
            => help.Contains(name, StringComparison.Ordinal)
                || help.Contains(name.Replace("--", "--[no-]", StringComparison.Ordinal), StringComparison.Ordinal);
        var known = Command("prometheus").Where(argument => Knows(argument.Split('=')[0]));
        return [.. known, $"--web.listen-address=127.0.0.1:{_prometheusPort}"];
    }

    private IEnumerable<string> Command(string component)
        => _files!.Yaml("compose.yaml")["services"][component]["command"].Texts
            .Select(argument => argument
                .Replace($"=/etc/{component}/", $"={_files.PathOf(component)}/", StringComparison.Ordinal)
                .Replace($".path=/{component}", $".path={_files.PathOf("data-" + component)}", StringComparison.Ordinal));

    private void Start(string file, IEnumerable<string> arguments)
    {
        var process = RealTools.Start(file, _files!.Folder, arguments);
        _ = process.StandardOutput.ReadToEndAsync();
        _processes.Add((process, process.StandardError.ReadToEndAsync()));
    }

    private void Change(string path, params (string From, string To)[] changes)
    {
        var text = _files!.Text(path);
        foreach (var (from, to) in changes)
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            text = text.Replace(from, to, StringComparison.Ordinal);
        }

        File.WriteAllText(_files.PathOf(path), text);
    }

    private static string? First(string answer)
    {
        using var document = JsonDocument.Parse(answer);
        var result = document.RootElement.GetProperty("data").GetProperty("result");
        return result.GetArrayLength() == 0 ? null : result[0].GetProperty("value")[1].GetString();
    }

    private static HttpListener Listen(int port, string path, Func<HttpListenerRequest, HttpListenerResponse, Task> answer)
    {
        var listener = new HttpListener { Prefixes = { $"http://127.0.0.1:{port}{path}/" } };
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (listener.IsListening)
            {
                try
                {
                    var context = await listener.GetContextAsync();
                    await answer(context.Request, context.Response);
                }
                catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or IOException)
                {
                    // The listener was closed or the caller went away.
                }
            }
        });
        return listener;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
