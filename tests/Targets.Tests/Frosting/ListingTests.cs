using Cake.Frosting;

namespace Targets.Tests.Frosting;

public sealed class ListingTests
{
    private static readonly Type[] Chain = [typeof(Check), typeof(Default), typeof(Compile), typeof(Restore)];

    private static readonly string[] Listing =
    [
        "  Default  All of it",
        "  Check",
        "  Compile  Makes",
        "  Restore  Fetches",
    ];

    [Fact]
    public void An_unknown_target_is_one_line_the_nearest_name_and_the_list()
    {
        var run = BuildRun.Of(Chain, "--target=Complie");

        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Journal);
        Assert.Equal(["Error: The target 'Complie' was not found. Did you mean Compile?", "Targets:", .. Listing], run.Error);
    }

    [Fact]
    public void A_name_like_no_target_gets_no_guess() =>
        Assert.Equal("Error: The target 'Zzz{0}' was not found.", BuildRun.Of(Chain, "--target=Zzz{0}").Error[0]);

    [Fact]
    public void Description_lists_the_targets()
    {
        var run = BuildRun.Of(Chain, "--description");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(Listing, run.Output);
        Assert.Empty(run.Journal);
    }

    [Fact]
    public void Tree_shows_what_runs_what() => Assert.Equal(
        ["Default", "├─ Compile", "│  └─ Restore", "└─ Check", "   └─ Compile", "      └─ Restore"],
        BuildRun.Of(Chain, "--tree").Output);

    [Theory]
    [InlineData("--dryrun")]
    [InlineData("--noop")]
    [InlineData("--whatif")]
    public void Dry_run_names_the_order_and_runs_nothing(string option)
    {
        var run = BuildRun.Of([.. Chain, typeof(Unneeded)], host => host.UseLifetime<Lifetime>(), option, "--target=Check", "--target=Unneeded");

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Journal);
        Assert.Equal(
            ["Would run for Check, Unneeded:", "  1. Restore", "  2. Compile", "  3. Check", "  4. Unneeded", "This was a dry run: nothing was run."],
            run.Output);
    }

    [Fact]
    public void Dry_run_knows_exclusive_and_unknown_targets()
    {
        Assert.Contains("  1. Check", BuildRun.Of(Chain, "--dryrun", "--exclusive", "--target=Check").Output);
        Assert.Equal(1, BuildRun.Of(Chain, "--dryrun", "--target=Nope").ExitCode);
    }

    [Fact]
    public void Version_is_Cakes() => Assert.Equal(["7.0.0"], BuildRun.Of(Chain, "--version").Output);

    [Fact]
    public void One_task_needs_no_summary_and_several_get_one()
    {
        Assert.DoesNotContain(BuildRun.Of(Chain, "--target=Restore").Output, line => line.StartsWith("Total", StringComparison.Ordinal));

        var several = BuildRun.Of([typeof(RestoreThenFail), typeof(Restore), typeof(Failing)], "--target=RestoreThenFail").Output;
        Assert.Matches(@"^Restore +0\.\d\d s$", several[^3]);
        Assert.Matches(@"^Failing +0\.\d\d s  failed$", several[^2]);
        Assert.Matches(@"^Total +0\.\d\d s$", several[^1]);
    }

    [Fact]
    public void Quiet_prints_nothing_but_failures() => Assert.Empty(BuildRun.Of(Chain, "--verbosity=quiet").Output);
}
