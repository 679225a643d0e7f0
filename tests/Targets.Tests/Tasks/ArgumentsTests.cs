using Cake.Core;
using MicroMonitored.Model;
using MicroMonitored.Model.Settings;

namespace Targets.Tests.Tasks;

/// <summary>The command line is read once and refused as a whole.</summary>
public sealed class ArgumentsTests
{
    [Fact]
    public void Defaults()
    {
        var arguments = Parse();
        Assert.Null(arguments.Engine);
        Assert.False(arguments.Purge);
        Assert.Equal(TimeSpan.FromSeconds(90), arguments.Timeout);
    }

    [Fact]
    public void Values()
    {
        var arguments = Parse(("engine", "embedded"), ("only", "traces.*, logs.labels"), ("timeout", "45"), ("duration", "10m"), ("purge", null!), ("lines", "7"), ("format", "json"), ("target", "Up"));
        Assert.Equal(EngineChoice.Embedded, arguments.Engine);
        Assert.Equal(["traces.*", "logs.labels"], arguments.Only);
        Assert.Equal(TimeSpan.FromSeconds(45), arguments.Timeout);
        Assert.Equal(TimeSpan.FromMinutes(10), arguments.Duration);
        Assert.True(arguments.Purge);
        Assert.Equal(7, arguments.Lines);
        Assert.True(arguments.Json);
    }

    [Theory]
    [InlineData("engine", "podman", "--engine=podman: use auto, docker or embedded")]
    [InlineData("timeout", "soon", "--timeout=soon: use a duration such as 30s or 10m")]
    [InlineData("lines", "-1", "--lines=-1: use a number of lines, at least 1")]
    [InlineData("purge", "perhaps", "--purge=perhaps: use --purge, --purge=true or --purge=false")]
    [InlineData("format", "xml", "--format=xml: use table or json")]
    [InlineData("engin", "docker", "unknown argument --engin; did you mean --engine?")]
    public void AFaultIsOneLine(string name, string value, string expected)
        => Assert.Equal([expected], Assert.Throws<FaultException>(() => Parse((name, value))).Faults);

    [Fact]
    public void SeveralFaultsComeTogether()
        => Assert.Equal(3, Assert.Throws<FaultException>(() => Parse(("engine", "x"), ("lines", "x"), ("nonsense", "1"))).Faults.Count);

    [Fact]
    public void AnArgumentGivenTwiceIsRefused()
        => Assert.Equal(["--engine is given 2 times (docker, embedded); give it once"], Assert.Throws<FaultException>(() => Arguments.Of(new Given(("engine", "docker"), ("engine", "embedded")))).Faults);

    [Fact]
    public void TheCaseOfANameDoesNotMatter()
    {
        Assert.Equal(7, Parse(("Lines", "7")).Lines);
        Assert.Equal(["--lines is given 2 times (7, 8); give it once"], Assert.Throws<FaultException>(() => Parse(("Lines", "7"), ("lines", "8"))).Faults);
    }

    private static Arguments Parse(params (string Name, string Value)[] given) => Arguments.Of(new Given(given));

    private sealed class Given(params (string Name, string Value)[] given) : ICakeArguments
    {
        public bool HasArgument(string name) => given.Any(pair => pair.Name == name);

        public ICollection<string> GetArguments(string name) => [.. given.Where(pair => pair.Name == name).Select(pair => pair.Value)];

        public IDictionary<string, ICollection<string>> GetArguments() => given.GroupBy(pair => pair.Name).ToDictionary(group => group.Key, group => (ICollection<string>)[.. group.Select(pair => pair.Value)]);
    }
}
