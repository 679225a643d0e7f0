using System.Diagnostics;

namespace MicroMonitored.Targets.Engines.Docker;

/// <summary>Notices containers that end or restart while others wait for them.</summary>
internal sealed class ContainerWatch(DockerEngine engine, IReadOnlyList<Container> before)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);
    private readonly Lock _lock = new();
    private readonly IReadOnlyDictionary<string, int> _restarts = engine.Restarts([.. before.Where(container => container.State == "running")]);
    private readonly Stopwatch _sinceLook = new();
    private volatile bool _silent;
    private IReadOnlyList<Container> _containers = before;
    private IReadOnlyDictionary<string, int> _restartsNow = new Dictionary<string, int>();

    /// <summary>Why a component can never become ready, or null.</summary>
    public string? Exited(string component)
    {
        var container = Look().FirstOrDefault(candidate => candidate.Service == component);
        if (_silent)
            return engine.Silence(component);
        if (container is null)
            return null;
        var restarted = _restartsNow.GetValueOrDefault(container.Id) > _restarts.GetValueOrDefault(container.Id);
        return container.State is "exited" or "dead" or "restarting" || restarted
            ? $"{component} {(container.State is "exited" or "dead" ? "exited" : "restarts")} before it was ready; "
                + $"the end of its log:{Environment.NewLine}{engine.LogEnd(container, 15)}"
            : null;
    }

    /// <summary>Whether the container's own health check passes; for components without a published port.</summary>
    public Task<bool> HealthyAsync(string component, CancellationToken cancellation)
        => Task.FromResult(Look().Any(container => container.Service == component && container.Health == "healthy"));

    private IReadOnlyList<Container> Look()
    {
        lock (_lock)
        {
            if (_sinceLook.IsRunning && _sinceLook.Elapsed < Interval)
                return _containers;
            var seen = engine.Look();
            _silent = seen is null;
            _containers = seen ?? _containers;
            _restartsNow = engine.Restarts(_containers);
            _sinceLook.Restart();
            return _containers;
        }
    }
}
