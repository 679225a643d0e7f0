using Cake.Frosting;

namespace Targets.Tests.Frosting;

public sealed class CakeHostTests
{
    private static readonly Type[] Chain = [typeof(Default), typeof(Check), typeof(Compile), typeof(Restore)];

    [Fact]
    public void Dependencies_run_first_and_each_once()
    {
        var run = BuildRun.Of(Chain);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["Restore", "Compile", "Check"], run.Journal);
        Assert.Empty(run.Error);
    }

    [Fact]
    public void A_dependee_runs_before_the_task_that_does_not_know_it()
    {
        var run = BuildRun.Of([.. Chain, typeof(Stamp)], "--target=Compile");

        Assert.Equal(["Restore", "Stamp", "Compile"], run.Journal);
    }

    [Fact]
    public void Targets_are_found_by_their_own_name_in_any_case()
    {
        Assert.Equal(["Named"], BuildRun.Of([typeof(Named)], "-t", "NAMED-otherwise").Journal);
        Assert.Equal(1, BuildRun.Of([typeof(Named)], "-t", "Named").ExitCode);
    }

    [Fact]
    public void Several_targets_run_in_the_order_given()
    {
        var run = BuildRun.Of([typeof(Restore), typeof(Named)], "--target=named-otherwise", "--target=Restore");

        Assert.Equal(["Named", "Restore"], run.Journal);
    }

    [Fact]
    public void Exclusive_leaves_the_dependencies_out() =>
        Assert.Equal(["Check"], BuildRun.Of(Chain, "--target=Check", "--exclusive").Journal);

    [Fact]
    public void An_asynchronous_task_is_waited_for()
    {
        Assert.Equal(["Slow"], BuildRun.Of([typeof(Slow)], "--target=Slow").Journal);
        Assert.Equal(["Error: too slow"], BuildRun.Of([typeof(SlowFailing)], "--target=SlowFailing").Error);
    }

    [Fact]
    public void A_skipped_task_says_why_and_the_build_goes_on()
    {
        var run = BuildRun.Of([typeof(AfterUnneeded), typeof(Unneeded), typeof(UnneededSilently)], "--target=AfterUnneeded");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["AfterUnneeded"], run.Journal);
        Assert.Contains("Skipped Unneeded: nothing has changed", run.Output);
        Assert.Contains("Skipped UnneededSilently: its condition is not met", run.Output);
    }

    [Fact]
    public void A_target_that_is_itself_skipped_is_a_failure_with_its_reason()
    {
        var run = BuildRun.Of([typeof(Unneeded)], "--target=Unneeded");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("nothing has changed", Assert.Single(run.Error), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_task_is_one_line_exit_code_1_and_stops_the_build()
    {
        var run = BuildRun.Of([typeof(AfterFailing), typeof(Failing)], "--target=AfterFailing");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["Error: port 3000 is taken by process 17"], run.Error);
        Assert.Equal(["finally"], run.Journal);
        Assert.DoesNotContain(run.Output, line => line.Contains("   at ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("quiet")]
    [InlineData("minimal")]
    [InlineData("normal")]
    [InlineData("verbose")]
    public void Every_verbosity_but_diagnostic_tells_a_failure_in_the_same_line(string verbosity) =>
        Assert.Equal(["Error: port 3000 is taken by process 17"], BuildRun.Of([typeof(Failing)], "--target=Failing", "--verbosity=" + verbosity).Error);

    [Fact]
    public void Diagnostic_adds_the_stack_trace() =>
        Assert.Contains(BuildRun.Of([typeof(Failing)], "--target=Failing", "-v", "diagnostic").Error,
            line => line.Contains("   at Targets.Tests.Frosting.Failing.Run", StringComparison.Ordinal));

    [Fact]
    public void Several_faults_are_told_together()
    {
        Assert.Equal(["Error: no engine", "Error: no {images}"], BuildRun.Of([typeof(FailingTwice)], "--target=FailingTwice").Error);
        Assert.Equal(
            ["Error: stack.json has 2 faults:", "  ports.loki is 0", "  engine is 'x'"],
            BuildRun.Of([typeof(FailingInLines)], "--target=FailingInLines").Error);
    }

    [Fact]
    public void A_mistake_in_code_names_its_type_and_the_way_to_its_place() =>
        Assert.Equal(
            ["Error: Sequence contains no elements (InvalidOperationException; --verbosity=diagnostic says where.)"],
            BuildRun.Of([typeof(Mistaken)], "--target=Mistaken").Error);

    [Fact]
    public void ContinueOnError_warns_and_goes_on()
    {
        var run = BuildRun.Of([typeof(AfterOptional), typeof(Optional)], "--target=AfterOptional");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["AfterOptional"], run.Journal);
        Assert.Contains("Optional failed and the build goes on: not today", run.Output);
        Assert.Empty(run.Error);
    }

    [Fact]
    public void OnError_swallows_the_failure()
    {
        var run = BuildRun.Of([typeof(Handled)], "--target=Handled");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["handled: handled"], run.Journal);
        Assert.Empty(run.Error);
    }

    [Fact]
    public void OnError_that_throws_is_the_failure()
    {
        var run = BuildRun.Of([typeof(Rethrown)], "--target=Rethrown");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["Error: second, because of first"], run.Error);
    }

    [Fact]
    public void The_lifetime_brackets_the_build_also_when_it_fails()
    {
        Assert.Equal(
            ["setup for Compile", "Restore", "Compile", "teardown"],
            BuildRun.Of(Chain, host => host.UseLifetime<Lifetime>(), "--target=Compile").Journal);

        var failed = BuildRun.Of([typeof(Failing)], host => host.UseLifetime<Lifetime>(), "--target=Failing");
        Assert.Equal(["setup for Failing", "finally", "teardown after port 3000 is taken by process 17"], failed.Journal);
        Assert.Equal(1, failed.ExitCode);
    }

    [Fact]
    public void A_failing_setup_runs_no_task_but_the_teardown()
    {
        var run = BuildRun.Of(Chain, host => host.UseLifetime<FailingSetup>());

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["teardown"], run.Journal);
        Assert.Equal(["Error: could not start"], run.Error);
    }

    [Fact]
    public void A_failing_teardown_fails_the_build_and_never_hides_an_earlier_failure()
    {
        var alone = BuildRun.Of([typeof(Restore)], host => host.UseLifetime<FailingTeardown>(), "--target=Restore");
        Assert.Equal(1, alone.ExitCode);
        Assert.Equal(["Error: could not stop"], alone.Error);

        var after = BuildRun.Of([typeof(Failing)], host => host.UseLifetime<FailingTeardown>(), "--target=Failing");
        Assert.Equal(1, after.ExitCode);
        Assert.Equal(["Error: Teardown: could not stop", "Error: port 3000 is taken by process 17"], after.Error);
    }

    [Fact]
    public void A_context_that_refuses_its_arguments_is_told_line_by_line_and_nothing_runs()
    {
        var run = BuildRun.Of(Chain, host => host.UseContext<RefusingContext>(), "--colour=red");

        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Journal);
        Assert.Equal(["Error: Unknown argument --colour.", "Unknown argument --sise: did you mean --size?"], run.Error);
    }

    [Fact]
    public void A_task_for_another_context_says_so()
    {
        var run = BuildRun.Of([typeof(WantsAnotherContext)], "--target=WantsAnotherContext");

        Assert.Equal(["Error: The task 'WantsAnotherContext' needs a context of type Other; the build uses JournalContext."], run.Error);
    }

    [Fact]
    public void The_working_directory_is_the_one_that_the_command_line_names()
    {
        var here = Directory.GetCurrentDirectory();
        var given = Directory.CreateTempSubdirectory("given");
        try
        {
            Assert.Equal([given.FullName], BuildRun.Of([typeof(EchoDirectory)], "--target=EchoDirectory", "--working", given.FullName).Journal);

            var missing = BuildRun.Of([typeof(EchoDirectory)], "--target=EchoDirectory", "-w", "/no/such/place");
            Assert.Equal(["Error: The working directory '/no/such/place' does not exist."], missing.Error);
        }
        finally
        {
            Directory.SetCurrentDirectory(here);
            given.Delete();
        }
    }
}
