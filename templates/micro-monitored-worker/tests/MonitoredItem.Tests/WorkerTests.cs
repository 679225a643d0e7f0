using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace MonitoredItem.Tests;

public sealed class WorkerTests
{
    [Fact]
    public async Task A_round_is_counted_logged_and_ready()
    {
        var work = new WorkUnderTest();
        using var worker = new WorkerUnderTest(work);
        await worker.RunAsync();
        Assert.Equal(HttpStatusCode.OK, (await worker.Client.GetAsync("/health/ready")).StatusCode);
        Assert.Matches("worker_items_total.* [1-9]", await worker.Client.GetStringAsync("/metrics"));
        Assert.Contains(await worker.StopAndReadLogAsync(), line => line.Contains("Round done") && line.Contains("trace_id"));
    }

    [Fact]
    public async Task A_failed_round_is_logged_and_not_ready_but_the_worker_goes_on()
    {
        var work = new WorkUnderTest { Fault = new InvalidOperationException("boom") };
        using var worker = new WorkerUnderTest(work);
        await worker.RunAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await worker.Client.GetAsync("/health/ready")).StatusCode);
        Assert.Contains(await worker.StopAndReadLogAsync(), line => line.Contains("boom"));
    }
}

internal sealed class WorkUnderTest : IWork
{
    private int _rounds;

    public Exception? Fault { get; init; }

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<int> DoAsync(CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _rounds) == 3)
            Done.SetResult();
        return Fault is null ? Task.FromResult(1) : Task.FromException<int>(Fault);
    }
}

/// <summary>The worker in this process, on a free port and with logs in a folder of its own.</summary>
internal sealed class WorkerUnderTest : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("worker").FullName;
    private readonly WorkUnderTest _work;
    private readonly IHost _host;

    public WorkerUnderTest(WorkUnderTest work)
    {
        _work = work;
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{FreePort()}") };
        // As in its own process: its meter and its spans bear the worker's name, not that of the tests.
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = typeof(Worker).Assembly.GetName().Name });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = Client.BaseAddress.ToString(),
            ["Monitoring:LogFolder"] = _folder,
            ["OTEL_SERVICE_NAME"] = "worker",
            ["Worker:Interval"] = "00:00:00.020",
        });
        builder.AddMonitoring();
        builder.AddWorker();
        builder.Services.AddSingleton<IWork>(work);
        _host = builder.Build();
    }

    public HttpClient Client { get; }

    /// <summary>Returns once three rounds are done.</summary>
    public async Task RunAsync()
    {
        await _host.StartAsync();
        await _work.Done.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    public async Task<string[]> StopAndReadLogAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        return await File.ReadAllLinesAsync(Path.Combine(_folder, "worker.log"));
    }

    public void Dispose()
    {
        _host.Dispose();
        Client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
