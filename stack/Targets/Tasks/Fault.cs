using Cake.Frosting;
using MicroMonitored.Model.Embedded;
using MicroMonitored.Targets.Engines.Embedded;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Breaks the running stack on purpose, so that one sees Verify find it.</summary>
[TaskName(nameof(Fault))]
[TaskDescription("Breaks one thing of the stack that is up on the embedded engine; --name=none mends it.")]
[Example("--name=exemplars-off")]
[Example("--name=none")]
public sealed class Fault : AsyncFrostingTask<BuildContext>
{
    private const string None = "none";
    private static readonly Option<string?> Name = Option.OneOf(
        "name", "FAULT", "what is broken", [(None, "mends what is broken"), .. StackFault.All.Select(fault => (fault.Name, fault.Description))]);

    private static readonly Option<TimeSpan> Timeout = StackOptions.Timeout;

    /// <inheritdoc/>
    public override async Task RunAsync(BuildContext context)
    {
        var name = context.GetValue(Name) ?? None;
        var fault = StackFault.All.FirstOrDefault(known => known.Name == name);
        await FaultInjection.InjectAsync(context, fault, context.GetValue(Timeout));
        if (fault is null)
            context.Say("Nothing is broken on purpose.");
    }
}
