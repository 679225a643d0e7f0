using Cake.Core;
using Cake.Frosting;

namespace Build;

/// <summary>Refuses a command line that nobody understands before any task runs.</summary>
public sealed class BuildLifetime : FrostingLifetime<BuildContext>
{
    public override void Setup(BuildContext context, ISetupContext info) => _ = context.Options;

    public override void Teardown(BuildContext context, ITeardownContext info)
    {
    }
}
