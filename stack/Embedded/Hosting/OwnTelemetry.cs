using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MicroMonitored.Embedded.Hosting;

/// <summary>
/// Keeps what the framework says of the engine's own requests apart from a service that is observed within the same process: the sources,
/// meters and listeners of a process are one, and the service would export the engine's requests as its own, and each export as another.
/// </summary>
internal static class OwnTelemetry
{
    private const string Name = "MicroMonitored.Embedded";

    public static void Add(IServiceCollection services) => services
        .AddSingleton(new ActivitySource(Name))
        .AddSingleton(new DiagnosticListener(Name))
        .AddSingleton<DiagnosticSource>(static provider => provider.GetRequiredService<DiagnosticListener>())
        .AddSingleton<IMeterFactory, Meters>();

    private sealed class Meters : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            var meter = new Meter(new MeterOptions($"{Name}/{options.Name}") { Version = options.Version, Tags = options.Tags, Scope = this });
            lock (_meters)
                _meters.Add(meter);
            return meter;
        }

        public void Dispose() => _meters.ForEach(static meter => meter.Dispose());
    }
}
