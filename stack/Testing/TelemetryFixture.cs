using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using MicroMonitored.Embedded;
using MicroMonitored.Model.Embedded;
using MicroMonitored.Model.Settings;
using MicroMonitored.Testing.Recording;
using MicroMonitored.Verification;

namespace MicroMonitored.Testing;

/// <summary>
/// A store for telemetry and what a test asks of it. The constructor starts the embedded engine on free loopback ports of this process, so that
/// any test framework can make one; services are wired to it by the standard variables in <see cref="Environment"/> alone.
/// </summary>
public class TelemetryFixture : IAsyncDisposable
{
    private const int Attempts = 5;

    // One for the process: the instruments of all its services are, too.
    private static readonly SemaphoreSlim Alone = new(1, 1);

    private readonly EmbeddedEngine? _engine;
    private readonly string? _folder;
    private readonly Recorder _recorder;

    /// <summary>Starts an engine of its own.</summary>
    public TelemetryFixture()
        : this(new TelemetryOptions())
    {
    }

    /// <summary>For a fixture with options: a class that derives from this one and has a constructor without parameters.</summary>
    /// <exception cref="IOException">No free ports were found.</exception>
    protected TelemetryFixture(TelemetryOptions options)
    {
        Options = options;
        if (options.Stack is null)
            (_engine, _folder, Stack) = Task.Run(StartAsync).GetAwaiter().GetResult();
        else
            Stack = options.Stack;
        _recorder = new Recorder(options, Stack);
        Environment = Variables(options, Stack);
    }

    /// <summary>Starts an engine of its own, or asks the stack that the options name.</summary>
    public static TelemetryFixture With(TelemetryOptions options) => new(options);

    /// <summary>The options in force.</summary>
    public TelemetryOptions Options { get; }

    /// <summary>Where the stores answer. <see cref="StackEndpoints.Grafana"/> of the fixture's own engine has pages to look at.</summary>
    public StackEndpoints Stack { get; }

    /// <summary>
    /// The standard variables that send all three signals of a service here, without delay: for a process or a container its environment,
    /// for an ASP.NET Core host its configuration.
    /// </summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Runs an action within a trace of its own and returns what it left, once that has arrived.</summary>
    /// <param name="action">Sends requests, or calls instrumented code. What it throws is thrown.</param>
    /// <param name="timeout">How long to wait for what it leaves; null for <see cref="TelemetryOptions.Timeout"/>.</param>
    /// <param name="until">What must hold, besides: for what goes on after the answer, such as the consumer of a message.</param>
    /// <param name="test">The name of the trace's root.</param>
    public async Task<RecordedTelemetry> Of(
        Func<Task> action, TimeSpan? timeout = null, Func<RecordedTelemetry, bool>? until = null, [CallerMemberName] string test = "")
    {
        RecordedTelemetry Recorded(Recording.Recording recording) => new(_recorder, recording);
        return await RunAsync(async () => { await action().ConfigureAwait(false); return true; }, (recording, _) => Recorded(recording), timeout, until, test)
            .ConfigureAwait(false);
    }

    /// <summary>Runs an action within a trace of its own and returns its answer and what it left, once that has arrived.</summary>
    /// <param name="action">Sends requests, or calls instrumented code. What it throws is thrown.</param>
    /// <param name="timeout">How long to wait for what it leaves; null for <see cref="TelemetryOptions.Timeout"/>.</param>
    /// <param name="until">What must hold, besides: for what goes on after the answer, such as the consumer of a message.</param>
    /// <param name="test">The name of the trace's root.</param>
    public Task<RecordedTelemetry<T>> Of<T>(
        Func<Task<T>> action, TimeSpan? timeout = null, Func<RecordedTelemetry, bool>? until = null, [CallerMemberName] string test = "")
        => RunAsync(action, (recording, answer) => new RecordedTelemetry<T>(_recorder, recording, answer), timeout, until, test);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _recorder.Dispose();
        if (_engine is null)
            return;
        await _engine.DisposeAsync().ConfigureAwait(false);
        Directory.Delete(_folder!, recursive: true);
    }

    /// <summary>A host of this process sends here until the token is cancelled.</summary>
    internal void Joined(CancellationToken left) => _recorder.Joined(left);

    private async Task<TRecorded> RunAsync<T, TRecorded>(
        Func<Task<T>> action, Func<Recording.Recording, T, TRecorded> recorded, TimeSpan? timeout, Func<RecordedTelemetry, bool>? until, string test)
        where TRecorded : RecordedTelemetry
    {
        if (Options.Metrics)
            await Alone.WaitAsync().ConfigureAwait(false);
        try
        {
            var recording = await _recorder.BeginAsync(timeout ?? Options.Timeout).ConfigureAwait(false);
            var around = Activity.Current;
            Activity.Current = null;
            using var root = new Activity(test);
            root.SetIdFormat(ActivityIdFormat.W3C).AddBaggage("test", test);
            root.ActivityTraceFlags = ActivityTraceFlags.Recorded;
            root.Start();
            _recorder.Start(recording, root);
            T answer;
            try
            {
                answer = await action().ConfigureAwait(false);
            }
            finally
            {
                root.Stop();
                Activity.Current = around;
            }

            await _recorder.EndAsync(recording, root).ConfigureAwait(false);
            var left = recorded(recording, answer);
            await _recorder.SettleAsync(recording, until is null ? null : () => until(left)).ConfigureAwait(false);
            return left;
        }
        finally
        {
            if (Options.Metrics)
                Alone.Release();
        }
    }

    private static async Task<(EmbeddedEngine Engine, string Folder, StackEndpoints Stack)> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("telemetry").FullName;
        for (var attempt = 1; ; attempt++)
        {
            var ports = FreePorts();
            try
            {
                var engine = await EmbeddedEngine.StartAsync(new EmbeddedOptions
                {
                    DataFolder = Path.Combine(folder, $"data{attempt}"), LogFolder = Path.Combine(folder, "logs"), Ports = ports,
                }).ConfigureAwait(false);
                return (engine, folder, At(ports));
            }
            catch (IOException) when (attempt < Attempts)
            {
                // Somebody else took one of the ports in between.
            }
            catch
            {
                Directory.Delete(folder, recursive: true);
                throw;
            }
        }
    }

    private static StackEndpoints At(StackPorts ports)
    {
        static Uri Url(int port) => new($"http://127.0.0.1:{port}");
        return new StackEndpoints
        {
            Prometheus = Url(ports.Prometheus), Loki = Url(ports.Loki), Tempo = Url(ports.Tempo),
            OtlpGrpc = Url(ports.OtlpGrpc), OtlpHttp = Url(ports.OtlpHttp), Grafana = Url(ports.Grafana),
        };
    }

    // All are held until all are known, so that no two are the same.
    private static StackPorts FreePorts()
    {
        var listeners = Enumerable.Range(0, 6).Select(_ => new TcpListener(System.Net.IPAddress.Loopback, 0)).ToList();
        try
        {
            listeners.ForEach(listener => listener.Start());
            var free = listeners.ConvertAll(listener => ((System.Net.IPEndPoint)listener.LocalEndpoint).Port);
            return new StackPorts { Prometheus = free[0], Loki = free[1], Tempo = free[2], OtlpGrpc = free[3], OtlpHttp = free[4], Grafana = free[5] };
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }

    private static Dictionary<string, string> Variables(TelemetryOptions options, StackEndpoints stack)
    {
        // Over HTTP, the exporter takes its client from the service's own factory, where a test may have put a double.
        var receiver = stack.OtlpGrpc ?? stack.OtlpHttp;
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.ToString().TrimEnd('/'),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = stack.OtlpGrpc is null ? "http/protobuf" : "grpc",
            ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"] = "cumulative",
            ["OTEL_TRACES_EXPORTER"] = "otlp",
            ["OTEL_METRICS_EXPORTER"] = options.Metrics ? "otlp" : "none",
            ["OTEL_LOGS_EXPORTER"] = "otlp",
            ["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = $"{options.MetricInterval.TotalMilliseconds:0}",
            ["OTEL_BSP_SCHEDULE_DELAY"] = $"{Recorder.ExportDelay.TotalMilliseconds:0}",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = $"{Recorder.ExportDelay.TotalMilliseconds:0}",
        };
        var headers = options.Access.Where(endpoint => endpoint.Address.IsBaseOf(receiver)).SelectMany(Carried).ToList();
        if (headers.Count > 0)
            variables["OTEL_EXPORTER_OTLP_HEADERS"] = string.Join(',', headers.Select(header => $"{header.Key}={Uri.EscapeDataString(header.Value)}"));
        return variables;
    }

    private static IEnumerable<KeyValuePair<string, string>> Carried(Model.Components.Endpoint endpoint)
        => endpoint.Credentials is { } own ? [.. endpoint.Headers, new("authorization", $"{own.Scheme} {own.Parameter}")] : endpoint.Headers;
}
