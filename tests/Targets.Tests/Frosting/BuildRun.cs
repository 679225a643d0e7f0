using Cake.Core;
using Cake.Frosting;
using Microsoft.Extensions.DependencyInjection;

namespace Targets.Tests.Frosting;

/// <summary>What the tasks of one run did, in order.</summary>
public sealed class Journal
{
    public List<string> Entries { get; } = [];

    public void Add(string entry) => Entries.Add(entry);
}

public sealed class JournalContext(ICakeContext context, Journal journal) : FrostingContext(context)
{
    public Journal Journal { get; } = journal;
}

/// <summary>One run of a host over exactly these tasks.</summary>
internal sealed record BuildRun(int ExitCode, IReadOnlyList<string> Journal, string[] Output, string[] Error)
{
    public static BuildRun Of(Type[] tasks, params string[] args) => Of(tasks, _ => { }, args);

    public static BuildRun Of(Type[] tasks, Action<CakeHost> configure, params string[] args)
    {
        var journal = new Journal();
        var console = new RecordedConsole();
        var host = new CakeHost(tasks)
            .UseContext<JournalContext>()
            .ConfigureServices(services => services.AddSingleton(journal).AddSingleton<IConsole>(console));
        configure(host);
        var exitCode = host.Run(args);
        return new BuildRun(exitCode, journal.Entries, console.Output, console.Error);
    }
}
