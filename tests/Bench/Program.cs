using Bench;
using Bench.Servers;

return args switch
{
    ["serve", var variant, var folder, ..] => await Server.RunAsync(variant, folder),
    ["sink"] => await Sink.RunAsync(),
    [var artifacts, .. var variants] => await Comparison.RunAsync(artifacts, variants),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine($"Bench <folder of the report> [variant ...]; variants: {string.Join(' ', Variant.All.Select(variant => variant.Name))}");
    return 1;
}
