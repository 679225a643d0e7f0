using MicroMonitored.Model.Rendering;

namespace MicroMonitored.Targets.Engines;

/// <summary>Renders the configuration of the real stack.</summary>
internal static class StackFiles
{
    /// <summary>Renders into <c>artifacts/stack</c>; files that are as they should be stay untouched.</summary>
    /// <param name="place">Where the stack goes beyond one machine, rendered into the folder of that name; null is this machine.</param>
    /// <exception cref="MicroMonitored.Model.FaultException">A template does not render to a valid file; every fault at once.</exception>
    public static IReadOnlyList<RenderedFile> Render(BuildContext context, string? place = null)
    {
        var form = place switch { null => StackForm.OneMachine, "kubernetes" => StackForm.Kubernetes, _ => StackForm.ComposeHa };
        return StackRenderer.Render(
            StackModel.Create(context.Settings, context.Services) with { Form = form },
            context.Paths.Assets,
            place is null ? context.Paths.Rendered : context.Paths.Beyond(place));
    }
}
