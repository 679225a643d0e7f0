using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Stack.Tests.Rendering;

namespace Stack.Tests.Assets;

/// <summary>The example of <c>stack/examples</c> sends what its README promises.</summary>
public sealed class ForeignClientTests
{
    private static readonly string Examples = Path.Combine(AppContext.BaseDirectory, "stack", "examples");

    [Fact]
    public async Task The_Python_service_leaves_a_span_a_line_and_an_observation_for_each_request_with_one_trace_id()
    {
        var python = RealTools.Find("python3");
        Assert.SkipUnless(python is not null, "python3 is not on the PATH");
        var received = new ConcurrentBag<(string Path, JsonElement Body)>();
        var port = FreePort();
        using var receiver = Receive(port, received);
        var logs = Directory.CreateTempSubdirectory("micromonitored-example-").FullName;

        using var process = Process.Start(
            new ProcessStartInfo(python!, [Path.Combine(Examples, "python", "service.py"), "--log-folder", logs, "--port", "0", "--requests", "20"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            Environment =
            {
                ["OTEL_SERVICE_NAME"] = "foreign",
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{port}",
                ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = $"http://127.0.0.1:{port}/api/v1/otlp/v1/metrics",
            },
        })!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }

        Assert.True(process.ExitCode == 0, await process.StandardError.ReadToEndAsync());
        var spans = received.Where(request => request.Path == "/v1/traces")
            .SelectMany(request => request.Body.GetProperty("resourceSpans")[0].GetProperty("scopeSpans")[0].GetProperty("spans").EnumerateArray())
            .Select(span => span.GetProperty("traceId").GetString()!).ToList();
        var lines = File.ReadLines(Path.Combine(logs, "foreign.log")).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(20, spans.Distinct().Count());
        Assert.Equal(spans.Order(), lines.Select(line => line.GetProperty("trace_id").GetString()!).Order());
        Assert.All(lines, line =>
        {
            Assert.Equal("foreign", line.GetProperty("service").GetString());
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", line.GetProperty("timestamp").GetString());
        });
        var last = received.Where(request => request.Path.EndsWith("/metrics", StringComparison.Ordinal))
            .Select(request => request.Body.GetProperty("resourceMetrics")[0].GetProperty("scopeMetrics")[0].GetProperty("metrics")[0])
            .MaxBy(metric => Count(metric));
        Assert.Equal(20, Count(last));
        Assert.Equal("http.server.request.duration", last.GetProperty("name").GetString());
        Assert.Contains(last.GetProperty("histogram").GetProperty("dataPoints")[0].GetProperty("exemplars")[0].GetProperty("traceId").GetString()!, spans);
        Directory.Delete(logs, recursive: true);

        static int Count(JsonElement metric) => int.Parse(metric.GetProperty("histogram").GetProperty("dataPoints")[0].GetProperty("count").GetString()!,
            System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Its_Compose_file_joins_the_network_and_the_log_volume_of_the_stack()
    {
        var compose = YamlNode.Parse(File.ReadAllText(Path.Combine(Examples, "python", "compose.yaml")));
        var service = compose["services"]["python-client"];

        Assert.Equal("true", compose["networks"]["monitoring"]["external"].Text);
        Assert.Equal("${LOGS_VOLUME:-" + RenderedStack.Default.LogsVolume + "}", compose["volumes"]["logs"]["name"].Text);
        Assert.Contains("logs:/var/log/microservices", service["volumes"].Texts);
        Assert.Equal("http://collector:4318", service["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"].Text);
        Assert.All(service["ports"].Texts, port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
        Assert.Equal(["ALL"], service["cap_drop"].Texts);
    }

    private static HttpListener Receive(int port, ConcurrentBag<(string, JsonElement)> received)
    {
        var listener = new HttpListener { Prefixes = { $"http://127.0.0.1:{port}/" } };
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (listener.IsListening)
            {
                try
                {
                    var context = await listener.GetContextAsync();
                    using var document = await JsonDocument.ParseAsync(context.Request.InputStream);
                    received.Add((context.Request.Url!.AbsolutePath, document.RootElement.Clone()));
                    context.Response.Close();
                }
                catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
                {
                    return;
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
