using Cake.Core;
using MicroMonitored.Model;
using MicroMonitored.Model.Settings;

namespace Targets.Tests.Options;

/// <summary>What is given is read as what the options say, and refused as a whole.</summary>
public sealed class OptionTests
{
    private static readonly Option<EngineChoice?> Engine = StackOptions.Engine;
    private static readonly Option<TimeSpan> Timeout = StackOptions.Timeout;
    private static readonly Option<OutputFormat> Format = StackOptions.Format;
    private static readonly Option<IReadOnlyList<string>> Only = Option.List("only", "CHECKS", "the checks to run");
    private static readonly Option<int> Lines = Option.Number("lines", 50, "how many lines");
    private static readonly Option<bool> Purge = Option.Flag("purge", "data too");
    private static readonly Option<string?> Component = Option.Text("component", "NAME", "which one");
    private static readonly Target Sample = new("Sample", "", [Engine, Timeout, Format, Only, Lines, Purge, Component], []);

    [Fact]
    public void What_is_not_given_has_its_fallback()
    {
        var given = Parse();
        Assert.Null(given.Value(Engine));
        Assert.Null(given.Value(Component));
        Assert.False(given.Value(Purge));
        Assert.Empty(given.Value(Only));
        Assert.Equal(50, given.Value(Lines));
        Assert.Equal(TimeSpan.FromSeconds(90), given.Value(Timeout));
    }

    [Fact]
    public void What_is_given_is_typed()
    {
        var given = Parse(("engine", "embedded"), ("only", "traces.*, logs.labels"), ("timeout", "45"), ("purge", null), ("lines", "7"),
            ("format", "json"), ("target", "Sample"));
        Assert.Equal(EngineChoice.Embedded, given.Value(Engine));
        Assert.Equal(["traces.*", "logs.labels"], given.Value(Only));
        Assert.Equal(TimeSpan.FromSeconds(45), given.Value(Timeout));
        Assert.True(given.Value(Purge));
        Assert.Equal(7, given.Value(Lines));
        Assert.Equal(OutputFormat.Json, given.Value(Format));
        Assert.Equal(TimeSpan.FromMinutes(10), Parse(("timeout", "10m")).Value(Timeout));
        Assert.False(Parse(("purge", "false")).Value(Purge));
    }

    [Theory]
    [InlineData("engine", "podman", "--engine=podman: use auto, docker or embedded")]
    [InlineData("engine", "1", "--engine=1: use auto, docker or embedded")]
    [InlineData("timeout", "soon", "--timeout=soon: use a duration such as 30s or 10m")]
    [InlineData("lines", "-1", "--lines=-1: use a number, at least 1")]
    [InlineData("lines", "0", "--lines=0: use a number, at least 1")]
    [InlineData("purge", "perhaps", "--purge=perhaps: use --purge, --purge=true or --purge=false")]
    [InlineData("format", "xml", "--format=xml: use table or json")]
    [InlineData("component", null, "--component: use --component=NAME")]
    [InlineData("only", "", "--only=: use --only=CHECKS")]
    [InlineData("engin", "docker", "unknown argument --engin; did you mean --engine? " + Takes)]
    [InlineData("zzz", null, "unknown argument --zzz; " + Takes)]
    [InlineData("slowly", null, "--slowly belongs to Count and Everything, not to Sample; " + Takes)]
    public void A_fault_is_one_line(string name, string? value, string expected)
        => Assert.Equal([expected], Assert.Throws<FaultException>(() => Parse((name, value))).Faults);

    [Theory]
    [InlineData("exemplars-of", "--name=exemplars-of: did you mean exemplars-off?")]
    [InlineData("zzz", "--name=zzz: use one of those that --help lists")]
    public void A_value_that_is_none_of_those_listed_is_refused_with_the_nearest(string value, string expected)
        => Assert.Equal([expected], Assert.Throws<FaultException>(() => new GivenOptions(new Given([("name", value)]))
            .Require(["Fault"], [Target.Of(typeof(MicroMonitored.Targets.Tasks.Fault))], [])).Faults);

    [Fact]
    public void The_help_of_a_target_lists_such_values()
    {
        var page = MicroMonitored.Targets.Console.HelpPages.Of(Target.Of(typeof(MicroMonitored.Targets.Tasks.Fault))).ToList();

        Assert.Contains("Values of --name", page);
        Assert.Contains(page, line => line.Trim() == "none                    mends what is broken");
        Assert.All(page, line => Assert.InRange(line.Length, 0, 110));
    }

    [Fact]
    public void Several_faults_come_together()
        => Assert.Equal(3, Assert.Throws<FaultException>(() => Parse(("engine", "x"), ("lines", "x"), ("nonsense", "1"))).Faults.Count);

    [Fact]
    public void An_option_given_twice_is_refused()
        => Assert.Equal(["--engine is given 2 times (docker, embedded); give it once"],
            Assert.Throws<FaultException>(() => Parse(("engine", "docker"), ("engine", "embedded"))).Faults);

    [Fact]
    public void The_case_of_a_name_does_not_matter()
    {
        Assert.Equal(7, Parse(("Lines", "7")).Value(Lines));
        Assert.Equal(["--lines is given 2 times (7, 8); give it once"], Assert.Throws<FaultException>(() => Parse(("Lines", "7"), ("lines", "8"))).Faults);
    }

    [Fact]
    public void A_target_takes_what_it_declares_and_what_those_that_it_runs_declare()
    {
        Assert.Equal(["name", "times", "format", "settings"], Target.Of(typeof(Greet)).Options.Select(option => option.Name));
        Assert.Equal(["name", "times", "format", "slowly", "settings"], Target.Of(typeof(Everything)).Options.Select(option => option.Name));
    }

    private const string Takes = "Sample takes --engine, --timeout, --format, --only, --lines, --purge and --component";

    private static GivenOptions Parse(params (string Name, string? Value)[] given)
    {
        var options = new GivenOptions(new Given(given));
        options.Require(["Sample"], [Sample], [Sample, .. Target.Of([typeof(Count), typeof(Everything)])]);
        return options;
    }

    private sealed class Given(params (string Name, string? Value)[] given) : ICakeArguments
    {
        public bool HasArgument(string name) => given.Any(pair => pair.Name == name);

        public ICollection<string> GetArguments(string name) => [.. given.Where(pair => pair.Name == name).Select(pair => pair.Value!)];

        public IDictionary<string, ICollection<string>> GetArguments()
            => given.GroupBy(pair => pair.Name).ToDictionary(group => group.Key, ICollection<string> (group) => [.. group.Select(pair => pair.Value!)]);
    }
}
