using Bench;
using Bench.Engine;
using Bench.Servers;
using Bench.StartUp;

return args switch
{
    ["serve", var variant, var folder, ..] => await Server.RunAsync(variant, folder),
    ["start-up", var artifacts, var repository] => await UpAgainstCompose.RunAsync(artifacts, repository),
    ["scaffolding", var artifacts, var package] => await Scaffolding.RunAsync(artifacts, package),
    ["engine", var artifacts, .. var peers] => await EngineComparison.RunAsync(artifacts, peers),
    ["testing", var artifacts] => await TestingFixture.RunAsync(artifacts),
    ["sink"] => await Sink.RunAsync(),
    [var artifacts, .. var variants] => await Comparison.RunAsync(artifacts, variants),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine($"Bench <folder of the report> [variant ...] or Bench start-up <folder of the report> <scaffolded repository> or "
        + $"Bench scaffolding <folder of the report> <template package> or "
        + $"Bench engine <folder of the report> [peer ...] or Bench testing <folder of the report>; "
        + $"variants: {string.Join(' ', Variant.All.Select(variant => variant.Name))}");
    return 1;
}
