using System.Globalization;
using System.Text;

namespace Bench.StartUp;

/// <summary>Up of a scaffolded repository against bare <c>docker compose up</c> of the very files that it renders, in turn, each from nothing.</summary>
public static class UpAgainstCompose
{
    private const int Rounds = 5;
    private const double Bound = 1.5;
    private const double LokiBound = 4;

    /// <summary>Runs the comparison and writes <c>start-up.md</c>.</summary>
    /// <param name="repository">Its build script takes names and ports from this process's environment.</param>
    public static async Task<int> RunAsync(string artifacts, string repository)
    {
        try
        {
            // The first Up compiles, renders and builds the services' images; from then on they are there.
            await TargetAsync(repository, "Up", "--engine=docker");
            await TargetAsync(repository, "Teardown");
            var files = await ComposeFiles.ReadAsync(Path.Combine(repository, "artifacts", "stack"));
            await files.RemoveVolumesAsync();
            var (bare, up) = (new List<Round>(), new List<Round>());
            for (var round = 1; round <= Rounds; round++)
            {
                await files.PrepareAsync();
                bare.Add(await Stopwatches.MeasureAsync(files, files.UpAsync));
                await files.RemoveAsync();
                up.Add(await Stopwatches.MeasureAsync(files, () => TargetAsync(repository, "Up", "--engine=docker")));
                await TargetAsync(repository, "Teardown");
                await files.RemoveVolumesAsync();
                await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"round {round}: docker compose up {bare[^1].All:0.0} s "
                    + $"(loki {bare[^1].Each["loki"]:0.0} s), Up {up[^1].All:0.0} s (loki {up[^1].Each["loki"]:0.0} s)"));
            }

            var table = Table(bare, up);
            Directory.CreateDirectory(artifacts);
            await File.WriteAllTextAsync(Path.Combine(artifacts, "start-up.md"),
                $"# From nothing to ready\n\n{table}\nMedians of {Rounds} interleaved rounds of one run, images present, every volume new. "
                + "Seconds are counted from the start of the command until\neach component answers from outside.\n");
            await Console.Out.WriteLineAsync(table);
            return 0;
        }
        catch (Exception fault) when (fault is InvalidOperationException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"The start-up could not be measured: {fault.Message}");
            return 1;
        }
    }

    private static string Table(List<Round> bare, List<Round> up)
    {
        var table = new StringBuilder("| until ready | bare docker compose up | Up | ratio |\n|---|---:|---:|---:|\n");
        void Row(string name, Func<Round, double> seconds)
            => table.Append(CultureInfo.InvariantCulture, $"| {name} | {Median.Of(bare.Select(seconds)):0.0} s | {Median.Of(up.Select(seconds)):0.0} s | "
                + $"{Median.Of(up.Zip(bare, (own, other) => seconds(own) / seconds(other))):0.00} |\n");
        Row("everything", static round => round.All);
        foreach (var component in bare[0].Each.Keys.Order(StringComparer.Ordinal))
            Row(component, round => round.Each[component]);
        var ratio = Median.Of(up.Zip(bare, static (own, other) => own.All / other.All));
        var loki = Median.Of(up.Select(static round => round.Each["loki"]));
        return table.Append(CultureInfo.InvariantCulture, $"\nUp takes {ratio:0.00} times the bare start (bound {Bound:0.0}: {Met(ratio <= Bound)}); "
            + $"Loki is ready {loki:0.0} s after the start of Up (bound {LokiBound:0} s: {Met(loki <= LokiBound)}).\n").ToString();
    }

    private static string Met(bool met) => met ? "met" : "not met";

    private static Task<string> TargetAsync(string repository, params string[] arguments)
        => OperatingSystem.IsWindows()
            ? Tool.RunAsync("powershell", repository, ["-NoProfile", "-File", "build.ps1", $"--target={arguments[0]}", .. arguments[1..]])
            : Tool.RunAsync("bash", repository, ["build.sh", $"--target={arguments[0]}", .. arguments[1..]]);
}
