using MicroMonitored.Embedded.Hosting;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Model;
using Microsoft.AspNetCore.Connections;

namespace MicroMonitored.Embedded;

/// <summary>
/// The embedded engine: scrapes, tails and receives telemetry, keeps it in SQLite, and answers the HTTP APIs of Prometheus, Loki and Tempo,
/// each on its own port, with pages of its own on Grafana's.
/// </summary>
/// <remarks>As a process: <c>dotnet exec MicroMonitored.Embedded.dll --config embedded.json</c>. Within a process: <see cref="StartAsync"/>.</remarks>
public sealed class EmbeddedEngine : IAsyncDisposable
{
    private readonly TelemetryStore _store;
    private readonly WebApplication _app;

    private EmbeddedEngine(EmbeddedOptions options)
    {
        var counters = new EngineCounters();
        _store = new TelemetryStore(options.DataFolder, counters);
        if (_store.Notice is { } notice)
            Console.Error.WriteLine(notice);
        _app = EngineHost.Build(options, _store, counters, TimeProvider.System);
    }

    /// <summary>Starts the engine within this process; it listens when the task completes.</summary>
    /// <returns>The running engine; disposing it commits what it holds and frees its ports and files.</returns>
    /// <exception cref="FaultException">The options are not valid, such as an address beyond loopback without a token; every fault at once.</exception>
    /// <exception cref="IOException">A port is taken, or another engine has the store open; the message names which.</exception>
    public static async Task<EmbeddedEngine> StartAsync(EmbeddedOptions options, CancellationToken cancellation = default)
    {
        if (EmbeddedFiles.Faults(options).ToList() is { Count: > 0 } faults)
            throw new FaultException(faults);
        var engine = new EmbeddedEngine(options);
        try
        {
            await engine._app.StartAsync(cancellation);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the engine until the process is told to end (SIGTERM, SIGINT).</summary>
    /// <param name="args"><c>--config</c> and the options file.</param>
    /// <returns>
    /// The exit code: 0 after a clean end; 1 with a line on standard error for every fault before anything has been started, and after a failure within.
    /// </returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not ["--config", var path])
            return Fail(["Usage: MicroMonitored.Embedded --config <embedded.json>"]);

        EmbeddedOptions options;
        try
        {
            options = EmbeddedFiles.Read(path);
        }
        catch (FaultException fault)
        {
            return Fail(fault.Faults);
        }

        if (EngineHost.BusyPorts(options) is { Count: > 0 } busy)
            return Fail(busy);

        try
        {
            await using var engine = await StartAsync(options);
            Console.WriteLine($"MicroMonitored embedded engine is ready on {options.BindAddress}.");
            await engine._app.WaitForShutdownAsync();
            // The host stops by itself, and says why, when one of these fails.
            var parts = engine._app.Services.GetServices<IHostedService>().OfType<BackgroundService>();
            return parts.Any(static part => part.ExecuteTask?.IsFaulted == true) ? 1 : 0;
        }
        catch (IOException exception) when (exception is StoreOpenException || exception.InnerException is AddressInUseException)
        {
            return Fail([exception.Message]);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _store.DisposeAsync();
    }

    private static int Fail(IReadOnlyList<string> lines)
    {
        foreach (var line in lines)
            Console.Error.WriteLine(line);
        return 1;
    }
}
