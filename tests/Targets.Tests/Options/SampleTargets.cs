using Cake.Frosting;

namespace Targets.Tests.Options;

/// <summary>A team's own target, which declares its options as the package's targets do.</summary>
[TaskName(nameof(Greet))]
[TaskDescription("Greets somebody.")]
[Example("--name=Ada --times=3")]
public sealed class Greet : FrostingTask<BuildContext>
{
    private static readonly Option<string?> Name = Option.Text("name", "NAME", "who is greeted");
    private static readonly Option<int> Times = Option.Number("times", 1, "how often");
    private static readonly Option<OutputFormat> Format = StackOptions.Format;

    /// <summary>What the last run said.</summary>
    public static string Said { get; private set; } = "";

    public override void Run(BuildContext context)
        => Said = string.Join(' ', Enumerable.Repeat($"Hello {context.GetValue(Name)}!", context.GetValue(Times))) + $" ({context.GetValue(Format)})";
}

[TaskDescription("Greets and counts.")]
[IsDependentOn(typeof(Greet))]
[OptionsOf(typeof(Count))]
public sealed class Everything : FrostingTask<BuildContext>;

[TaskDescription("Counts.")]
public sealed class Count : FrostingTask<BuildContext>
{
    private static readonly Option<bool> Slowly = Option.Flag("slowly", "takes its time");

    public override void Run(BuildContext context) => _ = context.GetValue(Slowly);
}
