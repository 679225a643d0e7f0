using Cake.Frosting;
using MicroMonitored.Model.Settings;
using MicroMonitored.Targets;
using MicroMonitored.Targets.Options;

namespace Build.Tasks;

[TaskName(nameof(Demo))]
[TaskDescription("Packs the templates, scaffolds artifacts/demo/Shop from them, brings it up and verifies it.")]
[Example("--engine=embedded")]
public sealed class Demo : FrostingTask<BuildContext>
{
    private static readonly Option<EngineChoice?> Engine = StackOptions.Engine;

    public override void Run(BuildContext context)
    {
        var ports = context.Settings.Ports;
        var shop = DemoRepository.Ensure(context);
        shop.RunTarget("Up", context.GetValue(Engine) is { } engine ? [$"--engine={engine.ToString().ToLowerInvariant()}"] : []);
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
