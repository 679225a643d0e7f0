using Cake.Core.Diagnostics;
using Cake.Frosting.Internal;

namespace Targets.Tests.Frosting;

public sealed class CommandLineTests
{
    [Fact]
    public void Default_is_the_target_when_none_is_named()
    {
        var line = CommandLine.Parse([]);

        Assert.Equal(["Default"], line.Targets);
        Assert.Equal(Verbosity.Normal, line.Verbosity);
        Assert.Equal(HostAction.Run, line.Action);
    }

    [Theory]
    [InlineData("--target=Up")]
    [InlineData("--target", "Up")]
    [InlineData("--Target=Up")]
    [InlineData("--target:Up")]
    [InlineData("-t", "Up")]
    [InlineData("-t=Up")]
    public void A_target_may_be_written_in_every_form(params string[] args) => Assert.Equal(["Up"], CommandLine.Parse(args).Targets);

    [Theory]
    [InlineData("--name=value", "value")]
    [InlineData("--name=", "")]
    [InlineData("--name=a=b", "a=b")]
    [InlineData("--name=http://x:1/?a=b", "http://x:1/?a=b")]
    [InlineData("--name= spaced ", " spaced ")]
    [InlineData("--name=-1", "-1")]
    [InlineData("--name=\"quoted\"", "\"quoted\"")]
    [InlineData("--name=한글", "한글")]
    [InlineData("--name", null)]
    public void An_own_argument_keeps_its_value_as_written(string arg, string? value) =>
        Assert.Equal(value, Assert.Single(CommandLine.Parse([arg]).ToArguments().GetArguments("NAME")));

    [Theory]
    [InlineData("value with spaces")]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("a=b")]
    public void An_own_argument_takes_the_next_word(string value)
    {
        var line = CommandLine.Parse(["--name", value, "--other"]);

        Assert.Empty(line.Faults);
        Assert.Equal([value], line.ToArguments().GetArguments("name"));
        Assert.Equal([null!], line.ToArguments().GetArguments("other"));
    }

    [Fact]
    public void A_repeated_argument_keeps_every_value() =>
        Assert.Equal(["a", "b"], CommandLine.Parse(["--name=a", "--NAME", "b"]).ToArguments().GetArguments("name"));

    [Fact]
    public void Arguments_hold_the_targets_and_nothing_of_the_hosts_own()
    {
        var arguments = CommandLine.Parse(["-t", "Up", "-v", "quiet", "--exclusive", "--engine=docker"]).ToArguments().GetArguments();

        Assert.Equal(["engine", "target"], arguments.Keys.Order());
    }

    [Fact]
    public void A_task_sees_the_arguments() =>
        Assert.Equal(["engine=[docker]", "purge=[(null)]", "target=[EchoArguments]"],
            BuildRun.Of([typeof(EchoArguments)], "-t", "EchoArguments", "--engine", "docker", "--purge").Journal);

    [Theory]
    [InlineData("q", Verbosity.Quiet)]
    [InlineData("Minimal", Verbosity.Minimal)]
    [InlineData("normal", Verbosity.Normal)]
    [InlineData("V", Verbosity.Verbose)]
    [InlineData("diagnostic", Verbosity.Diagnostic)]
    public void Verbosity_may_be_abbreviated(string text, Verbosity verbosity) =>
        Assert.Equal(verbosity, CommandLine.Parse(["--verbosity", text]).Verbosity);

    [Theory]
    [InlineData("Up", "Unexpected 'Up': write --name=value, for example --target=Up.")]
    [InlineData("", "Unexpected '': write --name=value, for example --target=Default.")]
    [InlineData("--", "Unexpected '--': write --name=value, for example --target=Default.")]
    [InlineData("--target", "--target needs a value: --target=….")]
    [InlineData("--target=", "--target needs a value: --target=….")]
    [InlineData("--verbosity=loud", "--verbosity=loud is unknown: use quiet, minimal, normal, verbose or diagnostic.")]
    [InlineData("--dryrun=perhaps", "--dryrun takes no value but got 'perhaps'.")]
    [InlineData("--=x", "An argument has no name: write --name=value.")]
    public void What_cannot_be_understood_is_one_line(string arg, string fault) =>
        Assert.Equal([fault], CommandLine.Parse([arg]).Faults);

    [Fact]
    public void Faults_are_told_together_and_nothing_runs()
    {
        var run = BuildRun.Of([typeof(Restore)], "--target=Restore", "here", "--verbosity=loud");

        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Journal);
        Assert.Equal(2, run.Error.Length);
    }

    [Fact]
    public void A_flag_may_be_turned_off() => Assert.Equal(HostAction.Run, CommandLine.Parse(["--dryrun=false"]).Action);
}
