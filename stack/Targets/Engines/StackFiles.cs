using MicroMonitored.Model.Rendering;

namespace MicroMonitored.Targets.Engines;

/// <summary>Renders the configuration of the real stack.</summary>
internal static class StackFiles
{
    /// <summary>Renders into <c>artifacts/stack</c>; files that are as they should be stay untouched.</summary>
    /// <exception cref="MicroMonitored.Model.FaultException">A template does not render to a valid file; every fault at once.</exception>
    public static IReadOnlyList<RenderedFile> Render(BuildContext context)
        => StackRenderer.Render(StackModel.Create(context.Settings, context.Services), context.Paths.Assets, context.Paths.Rendered);
}
