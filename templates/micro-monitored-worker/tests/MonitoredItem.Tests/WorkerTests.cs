using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace MonitoredItem.Tests;

public sealed class WorkerTests
{
    [Fact]
    public async Task A_round_is_counted_logged_and_ready()
    {
        var work = new WorkUnderTest();
        await using var worker = new WorkerUnderTest(work);
        using var client = worker.CreateClient();
        await work.Done.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/ready")).StatusCode);
        Assert.Matches("worker_items_total.* [1-9]", await client.GetStringAsync("/metrics"));
        Assert.Contains(await worker.StopAndReadLogAsync(), line => line.Contains("Round done", StringComparison.Ordinal) && line.Contains("trace_id", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failed_round_is_logged_and_not_ready_but_the_worker_goes_on()
    {
        var work = new WorkUnderTest { Fault = new InvalidOperationException("boom") };
        await using var worker = new WorkerUnderTest(work);
        using var client = worker.CreateClient();
        await work.Done.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/health/ready")).StatusCode);
        Assert.Contains(await worker.StopAndReadLogAsync(), line => line.Contains("boom", StringComparison.Ordinal));
    }
}

internal sealed class WorkUnderTest : IWork
{
    private int rounds;

    public Exception? Fault { get; init; }

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<int> DoAsync(CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref rounds) == 3)
            Done.SetResult();
        return Fault is null ? Task.FromResult(1) : Task.FromException<int>(Fault);
    }
}

internal sealed class WorkerUnderTest(IWork work) : WebApplicationFactory<Program>
{
    private readonly string folder = Directory.CreateTempSubdirectory("worker").FullName;

    protected override void ConfigureWebHost(IWebHostBuilder builder)
        => builder
            .UseSetting("Monitoring:LogFolder", folder)
            .UseSetting("OTEL_SERVICE_NAME", "worker")
            .UseSetting("OTEL_EXPORTER_OTLP_TIMEOUT", "100")
            .UseSetting("Worker:Interval", "00:00:00.020")
            .ConfigureServices(services => services.AddSingleton(work));

    public async Task<string[]> StopAndReadLogAsync()
    {
        await base.DisposeAsync();
        return await File.ReadAllLinesAsync(Path.Combine(folder, "worker.log"));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
