using MicroMonitored.Targets;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(Install))]
[TaskDescription("Installs the freshly packed templates for dotnet new.")]
public sealed class Install : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context)
    {
        Templates.Install(context, Packages.Of(context), hive: null);
        context.Say("Installed. Next: dotnet new micro-monitored -n Shop");
    }
}
