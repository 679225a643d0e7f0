using MicroMonitored.Targets.Diagnosis;

namespace Targets.Tests.Diagnosis;

public sealed class SourceMappingTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("mapping-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("<packageSources><add key='feed' value='feed' /></packageSources>", false)]
    [InlineData("<packageSourceMapping><packageSource key='nuget.org'><package pattern='*' /></packageSource></packageSourceMapping>", true)]
    [InlineData("<packageSourceMapping><packageSource key='nuget.org'><package pattern='System.*' /></packageSource></packageSourceMapping>", true)]
    [InlineData("<packageSourceMapping><packageSource key='{feed}'><package pattern='MicroMonitored.*' /></packageSource></packageSourceMapping>", false)]
    [InlineData("<packageSources><add key='ours' value='./feed/' /></packageSources><packageSourceMapping><packageSource key='nuget.org'><package pattern='*' /></packageSource><packageSource key='ours'><package pattern='micromonitored.*' /></packageSource></packageSourceMapping>", false)]
    [InlineData("<packageSources><add key='ours' value='feed' /></packageSources><packageSourceMapping><packageSource key='nuget.org'><package pattern='MicroMonitored.*' /></packageSource><packageSource key='ours'><package pattern='*' /></packageSource></packageSourceMapping>", true)]
    public void A_mapping_is_in_the_way_unless_its_closest_pattern_leads_to_the_feed(string configuration, bool expected)
        => Assert.Equal(expected, SourceMapping.InTheWay([Written("nuget.config", configuration)], Path.Combine(_root, "feed")) is not null);

    [Fact]
    public void The_lines_that_are_printed_clear_the_way_and_the_file_that_blocks_it_is_named()
    {
        var outer = Written("outer.config", "<packageSourceMapping><packageSource key='nuget.org'><package pattern='*' /></packageSource></packageSourceMapping>");

        Assert.Equal(outer, SourceMapping.InTheWay([outer], Path.Combine(_root, "feed")));
        Assert.Null(SourceMapping.InTheWay([Written("nuget.config", SourceMapping.Lines), outer], Path.Combine(_root, "feed")));
        Assert.Null(SourceMapping.InTheWay([Written("clear.config", "<packageSourceMapping><clear /></packageSourceMapping>"), outer], Path.Combine(_root, "feed")));
    }

    private string Written(string name, string configuration)
    {
        var file = Path.Combine(_root, name);
        File.WriteAllText(file, $"<configuration>{configuration.Replace("{feed}", Path.Combine(_root, "feed"), StringComparison.Ordinal)}</configuration>");
        return file;
    }
}
