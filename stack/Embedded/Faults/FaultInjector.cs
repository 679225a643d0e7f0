using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MicroMonitored.Embedded.Faults;

/// <summary>
/// Puts the faults into whatever host is built in this process, the engine's or a service's: before its requests, its log lines and its calls.
/// Nothing of it runs where the process was not started with the hook.
/// </summary>
internal sealed class FaultInjector : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private const string TraceParent = "traceparent";

    /// <summary>The fault of the moment; empty when there is none.</summary>
    public static string Fault
    {
        get
        {
            try
            {
                return File.ReadAllText(Environment.GetEnvironmentVariable(StackFault.FileVariable) ?? "").Trim();
            }
            catch (Exception exception) when (exception is IOException or ArgumentException)
            {
                return "";
            }
        }
    }

    public static void Attach()
    {
        DistributedContextPropagator.Current = new Propagator(DistributedContextPropagator.Current);
        DiagnosticListener.AllListeners.Subscribe(new FaultInjector());
    }

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name is "Microsoft.Extensions.Hosting" or "HttpHandlerDiagnosticListener")
            value.Subscribe(this);
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value is { Key: "HostBuilding", Value: IHostBuilder host })
            host.ConfigureServices(Add);
        // OpenTelemetry has written the header itself by now.
        else if (value is { Key: "System.Net.Http.Request", Value: { } call } && Fault == "traceparent-stripped"
            && call.GetType().GetProperty("Request")?.GetValue(call) is HttpRequestMessage request)
            request.Headers.Remove(TraceParent);
    }

    public void OnError(Exception error)
    {
    }

    public void OnCompleted()
    {
    }

    private static void Add(IServiceCollection services)
    {
        services.AddSingleton<IStartupFilter, Filter>();
        services.AddSingleton<LoggerFactory>();
        services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(provider => new FaultyLoggers(provider.GetRequiredService<LoggerFactory>())));
    }

    private sealed class Filter : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(static (context, following) => FaultyAnswers.AnswerAsync(Fault, context, following));
            next(app);
        };
    }

    private sealed class Propagator(DistributedContextPropagator inner) : DistributedContextPropagator
    {
        public override IReadOnlyCollection<string> Fields => inner.Fields;

        public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
        {
            if (Fault != "traceparent-stripped")
                inner.Inject(activity, carrier, setter);
        }

        public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState)
            => inner.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);

        public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter)
            => inner.ExtractBaggage(carrier, getter);
    }
}
