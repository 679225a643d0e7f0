using MicroMonitored.Targets;
using Cake.Core.IO;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(Demo))]
[TaskDescription("Packs the templates, scaffolds artifacts/demo/Shop from them, brings it up and verifies it.")]
public sealed class Demo : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context)
    {
        var ports = context.Settings.Ports;
        var shop = DemoRepository.Ensure(context);
        shop.RunTarget("Up");
        shop.RunTarget("Verify");
        context.Say($"""

            The demo is up and proven. Look around:
              first page   http://127.0.0.1:{ports.Grafana}
              services     http://127.0.0.1:{ports.Services} and up
              repository   {context.Paths.Shown(shop.Folder)}, with a build.sh of its own: Status, Logs, Doctor, …
            When done: ./build.sh --target=Teardown
            """);
    }
}
