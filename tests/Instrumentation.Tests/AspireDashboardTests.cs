using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Instrumentation.Tests;

/// <summary>All three signals of a service over OTLP, as Aspire's dashboard has received them; where a feed carries the dashboard.</summary>
[Collection(OneHost.AtATime)]
public sealed class AspireDashboardTests : IAsyncLifetime
{
    private const string Version = "13.6.5";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("aspire").FullName;
    private readonly int[] _ports = FreePorts(3);
    private Process? _dashboard;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Package => $"Aspire.Dashboard.Sdk.{RuntimeInformation.RuntimeIdentifier}";

    public async ValueTask InitializeAsync()
    {
        var program = await RestoredAsync();
        Assert.SkipWhen(program is null, $"no feed in reach carries {Package} {Version}");
        var start = new ProcessStartInfo(program) { WorkingDirectory = Path.GetDirectoryName(program), RedirectStandardOutput = true };
        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{_ports[0]}";
        start.Environment["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = $"http://127.0.0.1:{_ports[1]}";
        start.Environment["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] = $"http://127.0.0.1:{_ports[2]}";
        start.Environment["ASPIRE_DASHBOARD_DATA_DIRECTORY"] = _folder;
        start.Environment["ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS"] = "true";
        start.Environment["ASPIRE_DASHBOARD_API_ENABLED"] = "true";
        _dashboard = Process.Start(start)!;
        while (await _dashboard.StandardOutput.ReadLineAsync(Cancellation) is { } line && !line.Contains("OTLP/HTTP", StringComparison.Ordinal))
        {
            // It says where it listens once it does.
        }

        _ = _dashboard.StandardOutput.ReadToEndAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_dashboard is not null)
        {
            _dashboard.Kill();
            await _dashboard.WaitForExitAsync(CancellationToken.None);
            _dashboard.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task What_is_asked_to_go_over_OTLP_is_on_the_dashboard(string protocol)
    {
        await GreetingService.RunAsync(
            Path.Combine(_folder, "logs"), Cancellation,
            $"--OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{_ports[protocol == "grpc" ? 1 : 2]}",
            $"--OTEL_EXPORTER_OTLP_PROTOCOL={protocol}", "--OTEL_LOGS_EXPORTER=otlp", "--OTEL_METRICS_EXPORTER=otlp");

        await FoundAsync("spans", "\"GET /hello/{name}\"");
        await FoundAsync("logs", "\"Hello Ada\"");
        await FoundAsync("resources", "\"hasMetrics\":true");
    }

    private Task FoundAsync(string what, string expected)
        => GreetingService.FoundAsync(new Uri($"http://127.0.0.1:{_ports[0]}/api/telemetry/{what}"), expected, Cancellation);

    /// <summary>The dashboard's program in the machine's package folder; null where it cannot be restored.</summary>
    private async Task<string?> RestoredAsync()
    {
        var project = Path.Combine(_folder, "Dashboard.csproj");
        await File.WriteAllTextAsync(project, $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup><PackageDownload Include="{Package}" Version="[{Version}]" /></ItemGroup>
            </Project>
            """, Cancellation);
        if (await DotnetAsync("restore", project, "-nodeReuse:false") is null
            || await DotnetAsync("msbuild", project, "-getProperty:NuGetPackageRoot") is not { } root)
            return null;
        var name = OperatingSystem.IsWindows() ? "Aspire.Dashboard.exe" : "Aspire.Dashboard";
        return Path.Combine(root.Trim(), Package.ToLowerInvariant(), Version, "tools", name);
    }

    private static async Task<string?> DotnetAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Patience);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode == 0 ? output : null;
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }
}
