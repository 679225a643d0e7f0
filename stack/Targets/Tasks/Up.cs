using Cake.Frosting;
using MicroMonitored.Model;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Starts the stack and prints what came up, how fast and where.</summary>
[TaskName(nameof(Up))]
[TaskDescription("Starts the monitoring stack and the services, and waits until all are ready.")]
[Example("--engine=embedded --timeout=5m")]
[Example("--without=orders")]
[Example("--only=stack")]
public sealed class Up : AsyncFrostingTask<BuildContext>
{
    private const string Stack = "stack";
    private static readonly Option<EngineChoice?> Engine = StackOptions.Engine;
    private static readonly Option<TimeSpan> Timeout = StackOptions.Timeout;
    private static readonly Option<IReadOnlyList<string>> Without = Option.List("without", "SERVICES", "the services to leave out, and to stop where they run");
    private static readonly Option<IReadOnlyList<string>> Only = Option.List("only", Stack, "starts no service and stops those that run");

    /// <inheritdoc/>
    public override Task RunAsync(BuildContext context)
    {
        var only = context.GetValue(Only);
        if (only.Any(part => part != Stack))
            throw new FaultException($"--only={string.Join(',', only)}: use --only={Stack}");
        return only is [] ? StartAsync(context) : StartAsync(context, new ServiceChoice([], context.Services));
    }

    internal static Task StartAsync(BuildContext context, ServiceChoice? choice = null)
        => StackStart.RunAsync(
            context,
            context.GetValue(Engine),
            context.GetValue(Timeout),
            choice ?? ServiceChoice.Without(context.Services, context.GetValue(Without)));
}
