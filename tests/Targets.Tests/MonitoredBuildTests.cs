using Cake.Core;
using Cake.Frosting;
using MicroMonitored.Targets.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Targets.Tests.Frosting;
using Targets.Tests.Options;

namespace Targets.Tests;

/// <summary>What a person types, from the first word on.</summary>
public sealed class MonitoredBuildTests
{
    private static readonly Type[] Tasks = [typeof(Greet), typeof(Count), typeof(Everything)];
    private static readonly string Script = OperatingSystem.IsWindows() ? "./build.ps1" : "./build.sh";

    [Theory]
    [InlineData("Greet", "--name=Ada", "--times=2")]
    [InlineData("greet", "--name", "Ada", "--times", "2")]
    [InlineData("--target=Greet", "--name=Ada", "--times=2")]
    [InlineData("--name=Ada", "--times=2", "-t", "GREET")]
    [InlineData("Count", "Greet", "--name=Ada", "--times=2")]
    [InlineData("Everything", "--name=Ada", "--times=2", "--slowly")]
    public void A_bare_word_is_a_target_in_any_case(params string[] line)
    {
        var run = Run(line);

        Assert.Equal("", string.Join('\n', run.Error));
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("Hello Ada! Hello Ada! (Table)", Greet.Said);
    }

    [Fact]
    public void An_option_that_the_target_does_not_know_is_refused_before_anything_runs()
    {
        var run = Run("Count", "--name=Ada", "--sloly", "--settings=x", "--colour=red");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            [
                "Error: --name belongs to Everything and Greet, not to Count; Count takes --slowly and --settings",
                "unknown argument --sloly; did you mean --slowly? Count takes --slowly and --settings",
                "unknown argument --colour; Count takes --slowly and --settings",
            ],
            run.Error);
        Assert.Equal(["Error: --slowly=x: use --slowly, --slowly=true or --slowly=false"], Run("Count", "--slowly=x").Error);
        Assert.Equal(["Error: unknown argument --x; Count and Greet take --slowly, --settings, --name, --times and --format"],
            Run("Greet", "Count", "--x").Error);
    }

    [Fact]
    public void An_unknown_target_is_named_with_the_nearest()
    {
        Assert.Equal("Error: The target 'Gret' was not found. Did you mean Greet?", Run("Gret").Error[0]);
        Assert.Equal("Error: The target 'Gret' was not found. Did you mean Greet?", Run("Gret", "--help").Error[0]);
    }

    [Fact]
    public void Without_a_target_the_targets_are_listed()
    {
        string[] page =
        [
            $"Usage: {Script} <target> [options]",
            "",
            "Targets",
            "  Count       Counts. [--slowly]",
            "  Everything  Greets and counts. [--name --times --format --slowly]",
            "  Greet       Greets somebody. [--name --times --format]",
            "",
            "Options of every target",
            "  --settings=FILE        the settings, in place of stack/stack.json",
            "  --verbosity=LEVEL      quiet, minimal, normal, verbose or diagnostic (with stack traces)",
            "  --help                 a target's options, with examples",
            "  --dryrun               says what would run, in order, and runs nothing",
            "  --exclusive            runs the target without its dependencies",
            "  --tree, --description  which target runs which; what there is",
        ];

        Assert.Equal(page, Run().Page);
        Assert.Equal(page, Run("--help").Page);
        Assert.Equal(page, Run("-h").Page);
        Assert.Equal("Error: The target 'Default' was not found.", Run("--name=Ada").Error[0]);
    }

    [Theory]
    [InlineData("Greet", "--help")]
    [InlineData("--target=greet", "--help")]
    [InlineData("--help", "--target", "Greet")]
    [InlineData("greet", "-h")]
    public void A_targets_help_shows_its_options_and_examples(params string[] line)
        => Assert.Equal(
            [
                "Greet: Greets somebody.",
                "",
                "Options",
                "  --name=NAME          who is greeted",
                "  --times=1            how often",
                "  --format=table|json  for people, or for programs",
                "  --settings=FILE      the settings, in place of stack/stack.json",
                "",
                "Examples",
                $"  {Script} Greet --name=Ada --times=3",
            ],
            Run(line).Page);

    [Fact]
    public void A_builds_own_default_runs_when_no_target_is_named()
    {
        var run = Run([.. Tasks, typeof(Default)]);

        Assert.Empty(run.Error);
        Assert.Equal("Hello ! (Table)", Greet.Said);
        Assert.Equal([], run.Page);
    }

    [Fact]
    public void Nothing_but_json_is_printed_where_json_is_asked_for()
    {
        Assert.NotEmpty(Run("Greet").Output);
        Assert.Empty(Run("Greet", "--format=json").Output);
    }

    [Fact]
    public void Every_example_of_every_target_is_understood()
    {
        var targets = Target.In(typeof(Up).Assembly, typeof(Build.Tasks.Demo).Assembly);
        Assert.Contains(targets, target => target.Name == "Up" && target.Examples.Contains("--only=stack"));
        Assert.All(targets.SelectMany(target => target.Examples.Select(example => (target, example))), pair =>
        {
            var arguments = CommandLineArguments(pair.example.Split(' '));
            new GivenOptions(arguments).Require([pair.target.Name], [pair.target], targets);
        });
        Assert.All(targets.Where(target => target.Options.Count > 1 && target.Name != "Default"), target => Assert.NotEqual([], target.Examples));
    }

    [Fact]
    public void Ci_takes_what_its_three_parts_take()
        => Assert.Equal(
            ["only", "skip", "details", "timeout", "engine", "without", "purge", "settings"],
            Target.Of(typeof(Ci)).Options.Select(option => option.Name));

    private static CakeArguments CommandLineArguments(string[] words)
        => new(words.Select(word => word[2..].Split('=', 2)).ToLookup(pair => pair[0], pair => pair.ElementAtOrDefault(1))!);

    private static (int ExitCode, string[] Output, string[] Error, string[] Page) Run(params string[] line) => Run(Tasks, line);

    private static (int ExitCode, string[] Output, string[] Error, string[] Page) Run(Type[] tasks, params string[] line)
    {
        var console = new RecordedConsole();
        using var page = new StringWriter { NewLine = "\n" };
        var host = new CakeHost(tasks).ConfigureServices(services => services.AddSingleton<IConsole>(console));
        var code = new MonitoredBuild(host, Target.Of(tasks), page).Run(line);
        return (code, console.Output, console.Error, page.ToString().Split('\n')[..^1]);
    }

    [IsDependentOn(typeof(Greet))]
    public sealed class Default : FrostingTask<BuildContext>;
}
