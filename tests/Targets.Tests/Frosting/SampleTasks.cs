using Cake.Core;
using Cake.Frosting;

namespace Targets.Tests.Frosting;

public abstract class Journalled : FrostingTask<JournalContext>
{
    public override void Run(JournalContext context) => context.Journal.Add(GetType().Name);
}

[TaskDescription("Fetches")]
public sealed class Restore : Journalled;

[TaskDescription("Makes")]
[IsDependentOn(typeof(Restore))]
public sealed class Compile : Journalled;

[IsDependentOn(typeof(Compile))]
public sealed class Check : Journalled;

[TaskDescription("All of it")]
[IsDependentOn(typeof(Compile))]
[IsDependentOn(typeof(Check))]
public sealed class Default : FrostingTask<JournalContext>;

[IsDependeeOf(typeof(Compile))]
public sealed class Stamp : Journalled;

[TaskName("named-otherwise")]
public sealed class Named : Journalled;

public sealed class Slow : AsyncFrostingTask<JournalContext>
{
    public override async Task RunAsync(JournalContext context)
    {
        await Task.Yield();
        context.Journal.Add("Slow");
    }
}

public sealed class SlowFailing : AsyncFrostingTask<JournalContext>
{
    public override async Task RunAsync(JournalContext context)
    {
        await Task.Yield();
        throw new CakeException("too slow");
    }
}

public sealed class Unneeded : FrostingTask<JournalContext>, IFrostingTask
{
    string IFrostingTask.SkippedMessage => "nothing has changed";

    public override bool ShouldRun(JournalContext context) => false;

    public override void Run(JournalContext context) => context.Journal.Add("Unneeded");
}

public sealed class UnneededSilently : FrostingTask<JournalContext>
{
    public override bool ShouldRun(JournalContext context) => false;

    public override void Run(JournalContext context) => context.Journal.Add("UnneededSilently");
}

[IsDependentOn(typeof(Unneeded))]
[IsDependentOn(typeof(UnneededSilently))]
public sealed class AfterUnneeded : Journalled;

public sealed class Failing : FrostingTask<JournalContext>
{
    public override void Run(JournalContext context) => throw new CakeException("port 3000 is taken by process 17");

    public override void Finally(JournalContext context) => context.Journal.Add("finally");
}

[IsDependentOn(typeof(Failing))]
public sealed class AfterFailing : Journalled;

[IsDependentOn(typeof(Restore))]
[IsDependentOn(typeof(Failing))]
public sealed class RestoreThenFail : Journalled;

public sealed class FailingTwice : FrostingTask<JournalContext>
{
    public override void Run(JournalContext context) =>
        throw new AggregateException(new CakeException("no engine"), new AggregateException(new CakeException("no {images}")));
}

public sealed class FailingInLines : FrostingTask<JournalContext>
{
    public override void Run(JournalContext context) => throw new CakeException("stack.json has 2 faults:\n  ports.loki is 0\n  engine is 'x'");
}

public sealed class Mistaken : FrostingTask<JournalContext>
{
    public override void Run(JournalContext context) => throw new InvalidOperationException("Sequence contains no elements");
}

[ContinueOnError]
public sealed class Optional : FrostingTask<JournalContext>
{
    public override void Run(JournalContext context) => throw new CakeException("not today");
}

[IsDependentOn(typeof(Optional))]
public sealed class AfterOptional : Journalled;

public sealed class Handled : FrostingTask<JournalContext>
{
    public override void Run(JournalContext context) => throw new CakeException("handled");

    public override void OnError(Exception exception, JournalContext context) => context.Journal.Add("handled: " + exception.Message);
}

public sealed class Rethrown : FrostingTask<JournalContext>
{
    public override void Run(JournalContext context) => throw new CakeException("first");

    public override void OnError(Exception exception, JournalContext context) => throw new CakeException("second, because of " + exception.Message, exception);
}

public sealed class WantsAnotherContext : FrostingTask<WantsAnotherContext.Other>
{
    public sealed class Other(ICakeContext context) : FrostingContext(context);
}

public sealed class EchoArguments : FrostingTask<JournalContext>
{
    public override void Run(JournalContext context)
    {
        foreach (var (name, values) in context.Arguments.GetArguments().OrderBy(a => a.Key, StringComparer.Ordinal))
            context.Journal.Add($"{name}=[{string.Join('|', values.Select(v => v ?? "(null)"))}]");
    }
}

public sealed class EchoDirectory : FrostingTask<JournalContext>
{
    public override void Run(JournalContext context) => context.Journal.Add(context.Environment.WorkingDirectory.FullPath);
}

public sealed class Lifetime : FrostingLifetime<JournalContext>
{
    public override void Setup(JournalContext context, ISetupContext info) => context.Journal.Add("setup for " + info.TargetTask.Name);

    public override void Teardown(JournalContext context, ITeardownContext info) =>
        context.Journal.Add(info.Successful ? "teardown" : "teardown after " + info.ThrownException.Message);
}

public sealed class FailingTeardown : FrostingLifetime<JournalContext>
{
    public override void Setup(JournalContext context, ISetupContext info)
    {
    }

    public override void Teardown(JournalContext context, ITeardownContext info) => throw new CakeException("could not stop");
}

public sealed class FailingSetup : FrostingLifetime<JournalContext>
{
    public override void Setup(JournalContext context, ISetupContext info) => throw new CakeException("could not start");

    public override void Teardown(JournalContext context, ITeardownContext info) => context.Journal.Add("teardown");
}

public sealed class RefusingContext : FrostingContext
{
    public RefusingContext(ICakeContext context)
        : base(context) => throw new CakeException("Unknown argument --colour.\nUnknown argument --sise: did you mean --size?");
}
