using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace EndToEnd.Tests.Packages;

/// <summary>A service of the template as one native file (<c>PublishAot</c>).</summary>
[Collection("whole stacks, one at a time")]
public sealed class NativeTests(PackedTemplates templates) : IClassFixture<PackedTemplates>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_is_compiled_without_a_warning_and_answers()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The native compiler's own linker is asked for on Linux only.");
        var path = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator);
        Assert.SkipUnless(path.Any(static folder => File.Exists(Path.Combine(folder, "clang")) || File.Exists(Path.Combine(folder, "gcc"))),
            "Neither clang nor gcc is here to link a native file.");
        var shop = templates.Copy();
        string[] arguments =
        [
            "publish", "src/Shop.Orders", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-p:PublishAot=true", "-o", "native", "-nodeReuse:false",
        ];
        var published = await CommandLine.RunAsync("dotnet", arguments, shop.Folder, null, TimeSpan.FromMinutes(8), Cancellation);
        Assert.SkipWhen(published.Output.Contains("NU1101", StringComparison.Ordinal), "No feed here carries the native compiler.");

        Assert.DoesNotMatch("warning [A-Z]+[0-9]+", published.Succeeded());
        var file = Path.Combine(shop.Folder, "native", "Shop.Orders");
        Assert.InRange(new FileInfo(file).Length, 1_000_000, 40_000_000);
        Assert.False(File.Exists(file + ".dll"), "What was published needs a runtime.");
        await AnswersAsync(file, Path.Combine(shop.Outer, "logs"));
    }

    private static async Task AnswersAsync(string file, string logs)
    {
        int port;
        do
            port = Random.Shared.Next(20_000, 32_000);
        while (!ScaffoldedShop.IsFree(port));
        var start = new ProcessStartInfo(file) { WorkingDirectory = Path.GetDirectoryName(file)!, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        start.Environment["Monitoring__LogFolder"] = logs;
        using var service = Process.Start(start)!;
        try
        {
            var (output, errors) = (service.StandardOutput.ReadToEndAsync(Cancellation), service.StandardError.ReadToEndAsync(Cancellation));
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Patience };
            for (var waited = Stopwatch.StartNew(); !await IsLiveAsync(client); await Task.Delay(100, Cancellation))
                Assert.True(!service.HasExited && waited.Elapsed < Patience, service.HasExited ? await output + await errors : "It does not answer.");
            using (await client.GetAsync("/orders/00000000-0000-0000-0000-000000000000", Cancellation))
            {
            }

            Assert.Contains("http_server_request_duration_seconds", await client.GetStringAsync("/metrics", Cancellation), StringComparison.Ordinal);
            Assert.NotEmpty(Directory.GetFiles(logs));
        }
        finally
        {
            service.Kill();
            await service.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task<bool> IsLiveAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync("/health/live", Cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
