using System.Diagnostics;
using System.Net;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Tests;

/// <summary>A stack whose store is on a small disk.</summary>
[Collection("stack")]
public sealed class FullDiskTests : IDisposable
{
    private readonly string _disk = Directory.CreateTempSubdirectory("small-disk-").FullName;

    public FullDiskTests() => Assert.SkipUnless(OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", _disk),
        "a small disk needs the right to mount one");

    public void Dispose()
    {
        Run("umount", "--lazy", _disk);
        Directory.Delete(_disk);
    }

    [Fact]
    public async Task Services_serve_on_the_store_refuses_and_all_is_well_once_there_is_room()
    {
        await using var stack = await ShopStack.StartOnAsync(_disk);
        Assert.Empty(FaultMatrixTests.Failures(await VerifyAsync(stack.Plan)));

        var filler = Path.Combine(_disk, "filler");
        Fill(filler);
        using var client = new HttpClient();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await RefusedAsync(client, stack.Plan.Endpoints.Loki));
        var orders = stack.Plan.Services.Single(service => service.Name == ShopStack.Orders);
        for (var request = 0; request < 20; request++)
        {
            var clock = Stopwatch.StartNew();
            using var answer = await client.GetAsync(new Uri(orders.BaseAddress, orders.ProbePath));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
        }

        var full = await VerifyAsync(stack.Plan with { Timeout = TimeSpan.FromSeconds(10) });
        Assert.Contains(full.Checks, check => check is { Id: "logs.multiprotocol", Status: CheckStatus.Fail }
            && check.Detail.Contains("503", StringComparison.Ordinal));
        Assert.Contains(full.Checks, check => check is { Id: "logs.exactly-once", Status: CheckStatus.Fail });
        Assert.Equal("prometheus scrape → metric store", full.Checks.Single(check => check.Id == "alerts.round-trip").Hop);

        File.Delete(filler);
        IEnumerable<string> left = [""];
        for (var clock = Stopwatch.StartNew(); left.Any() && clock.Elapsed < TimeSpan.FromSeconds(40);)
            left = FaultMatrixTests.Failures(await VerifyAsync(stack.Plan));
        Assert.Empty(left);
    }

    private static Task<VerificationReport> VerifyAsync(VerificationPlan plan) =>
        Verifier.RunAsync(plan, TimeProvider.System, TestContext.Current.CancellationToken);

    // A line is refused once the room that the store had set aside is used up, too.
    private static async Task<HttpStatusCode> RefusedAsync(HttpClient client, Uri loki)
    {
        var status = HttpStatusCode.NoContent;
        for (var number = 0; number < 60 && status == HttpStatusCode.NoContent; number++)
        {
            using var line = new StringContent($$$"""
                {"streams":[{"stream":{"job":"filler"},"values":[["{{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}}000000","{{{Convert.ToBase64String(
                    System.Security.Cryptography.RandomNumberGenerator.GetBytes(150_000))}}}"]]}]}
                """, null, "application/json");
            using var answer = await client.PostAsync(new Uri(loki, "loki/api/v1/push"), line);
            status = answer.StatusCode;
        }

        return status;
    }

    private static void Fill(string file)
    {
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read, 0);
        try
        {
            for (var block = new byte[4096]; ;)
                stream.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static bool Run(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
