using System.Globalization;

namespace Bench.Engine;

/// <summary>What an engine takes that scrapes two services of the template every two seconds, while nobody asks anything.</summary>
public static class Idle
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(30);

    public static async Task<string> MeasureAsync(string assembly, string folder, CancellationToken cancellation)
    {
        var variables = new Dictionary<string, string>();
        await using var first = await Child.StartAsync(["serve", "ours", Directory.CreateDirectory(Path.Combine(folder, "1")).FullName], variables);
        await using var second = await Child.StartAsync(["serve", "ours", Directory.CreateDirectory(Path.Combine(folder, "2")).FullName], variables);
        await using var engine = await Receiver.EngineAsync(assembly, folder, first.Address, second.Address);
        await Task.Delay(Settling, cancellation);
        var before = engine.ProcessorTime;
        await Task.Delay(Measured, cancellation);
        var share = (engine.ProcessorTime - before) / Measured;
        return string.Create(CultureInfo.InvariantCulture,
            $"Idle, two services scraped every two seconds: {share:0.000} of a core, {engine.WorkingSet / 1_000_000} MB.");
    }
}
