using MicroMonitored.Targets.Diagnosis;

namespace Targets.Tests.Diagnosis;

public sealed class SourceMappingTests : IDisposable
{
    private const string Ours = "<packageSources><add key='ours' value='./feed/' /></packageSources>";
    private const string Own = "<packageSource key='ours'><package pattern=";
    private const string End = "</packageSource></packageSourceMapping>";
    private const string Other = "<packageSourceMapping><packageSource key='nuget.org'><package pattern=";
    private readonly string _root = Directory.CreateTempSubdirectory("mapping-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("<packageSources><add key='feed' value='feed' /></packageSources>", false)]
    [InlineData("<packageSourceMapping><packageSource key='nuget.org'><package pattern='*' /></packageSource></packageSourceMapping>", true)]
    [InlineData("<packageSourceMapping><packageSource key='nuget.org'><package pattern='System.*' /></packageSource></packageSourceMapping>", true)]
    [InlineData("<packageSourceMapping><packageSource key='{feed}'><package pattern='MicroMonitored.*' /></packageSource></packageSourceMapping>", false)]
    [InlineData(Ours + Other + "'*' /></packageSource>" + Own + "'micromonitored.*' />" + End, false)]
    [InlineData(Ours + Other + "'MicroMonitored.*' /></packageSource>" + Own + "'*' />" + End, true)]
    public void A_mapping_is_in_the_way_unless_its_closest_pattern_leads_to_the_feed(string configuration, bool expected)
        => Assert.Equal(expected, SourceMapping.InTheWay([Written("nuget.config", configuration)], Path.Combine(_root, "feed")) is not null);

    [Fact]
    public void The_lines_that_are_printed_clear_the_way_and_the_file_that_blocks_it_is_named()
    {
        var feed = Path.Combine(_root, "feed");
        var outer = Written("outer.config", $"{Other}'*' />{End}");

        Assert.Equal(outer, SourceMapping.InTheWay([outer], feed));
        Assert.Null(SourceMapping.InTheWay([Written("nuget.config", SourceMapping.Lines), outer], feed));
        Assert.Null(SourceMapping.InTheWay([Written("clear.config", "<packageSourceMapping><clear /></packageSourceMapping>"), outer], feed));
    }

    private string Written(string name, string configuration)
    {
        var file = Path.Combine(_root, name);
        File.WriteAllText(file, $"<configuration>{configuration.Replace("{feed}", Path.Combine(_root, "feed"), StringComparison.Ordinal)}</configuration>");
        return file;
    }
}
