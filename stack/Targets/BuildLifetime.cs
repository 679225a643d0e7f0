using Cake.Core;
using Cake.Core.Diagnostics;
using Cake.Frosting;

namespace MicroMonitored.Targets;

/// <summary>Refuses a command line that nobody understands before any task runs, and leaves the output to JSON where it is asked for.</summary>
public sealed class BuildLifetime : FrostingLifetime<BuildContext>
{
    public override void Setup(BuildContext context, ISetupContext info)
    {
        if (context.Options.Json)
            context.Log.Verbosity = Verbosity.Quiet;
    }

    public override void Teardown(BuildContext context, ITeardownContext info)
    {
    }
}
