using System.Globalization;

namespace Bench;

/// <summary>How long <c>dotnet new micro-monitored</c> takes beside the SDK's own web template, in turn, without restoring packages.</summary>
public static class Scaffolding
{
    private const int Rounds = 40;
    private const string Ours = "micro-monitored";
    private const string Theirs = "webapi";

    /// <summary>Runs the comparison and writes <c>scaffolding.md</c>.</summary>
    /// <param name="artifacts">The folder of the report.</param>
    /// <param name="package">The template package to install.</param>
    public static async Task<int> RunAsync(string artifacts, string package)
    {
        var folder = Directory.CreateTempSubdirectory("bench").FullName;
        try
        {
            var hive = Path.Combine(folder, "hive");
            await TimeAsync(folder, "new", "install", Path.GetFullPath(package), "--debug:custom-hive", hive);
            await RoundAsync(folder, hive, oursFirst: false);
            var rounds = new List<(double Theirs, double Ours)>();
            for (var round = 0; round < Rounds; round++)
                rounds.Add(await RoundAsync(folder, hive, oursFirst: round % 2 == 0));
            var relative = Median.Of(rounds.Select(static round => round.Ours / round.Theirs));
            var table = string.Create(CultureInfo.InvariantCulture, $"""
                | template, --no-restore | median of {Rounds} | relative |
                |---|---:|---:|
                | {Theirs} | {Median.Of(rounds.Select(static round => round.Theirs)):0.00} s | 1.00 |
                | {Ours} | {Median.Of(rounds.Select(static round => round.Ours)):0.00} s | {relative:0.00} |

                """);
            Directory.CreateDirectory(artifacts);
            await File.WriteAllTextAsync(Path.Combine(artifacts, "scaffolding.md"), $"# What dotnet new takes\n\n{table}");
            await Console.Out.WriteLineAsync(table);
            return 0;
        }
        catch (Exception fault) when (fault is InvalidOperationException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(fault.Message);
            return 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(double Theirs, double Ours)> RoundAsync(string folder, string hive, bool oursFirst)
    {
        var first = await NewAsync(folder, hive, oursFirst ? Ours : Theirs);
        var second = await NewAsync(folder, hive, oursFirst ? Theirs : Ours);
        return oursFirst ? (second, first) : (first, second);
    }

    private static async Task<double> NewAsync(string folder, string hive, string template)
    {
        var target = Path.Combine(folder, template);
        try
        {
            return await TimeAsync(folder, "new", template, "--name", "Shop", "--output", target, "--no-restore", "--no-update-check",
                "--debug:custom-hive", hive);
        }
        finally
        {
            Directory.Delete(target, recursive: true);
        }
    }

    /// <summary>The seconds that <c>dotnet</c> took.</summary>
    private static async Task<double> TimeAsync(string folder, params string[] arguments)
    {
        var started = TimeProvider.System.GetTimestamp();
        await Tool.RunAsync("dotnet", folder, arguments);
        return TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }
}
