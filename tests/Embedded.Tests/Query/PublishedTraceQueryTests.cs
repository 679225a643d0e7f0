using System.Text.Json;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.TraceQL;

namespace Embedded.Tests.Query;

/// <summary>The queries that Tempo's own tests give as valid, as invalid, and as not decided there.</summary>
public sealed class PublishedTraceQueryTests(ITestOutputHelper output)
{
    private static readonly string[] Refused = ["{ parent }", "{ 1 % parent = 1 }", "{ 1 >= parent }"];

    private static string[] Of(string kind)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "published", "traceql.json")));
        return [.. document.RootElement.GetProperty(kind).EnumerateArray().Select(static one => one.GetString()!)];
    }

    private static string? Fault(string query)
    {
        try
        {
            TraceParser.Parse(query);
            return null;
        }
        catch (QuerySyntaxException e)
        {
            return e.Message;
        }
    }

    [Fact]
    public void What_Tempo_takes_is_read()
    {
        var (all, faults) = (Of("valid"), new List<string>());
        foreach (var query in all)
        {
            if (Fault(query) is { } fault)
                faults.Add($"{query}: {fault}");
        }

        output.WriteLine($"{all.Length - faults.Count} of {all.Length} queries that Tempo's tests give as valid are read");
        Assert.Empty(faults);
    }

    [Fact]
    public void What_Tempo_refuses_is_refused()
    {
        var all = Of("invalid");
        var taken = all.Where(static query => Fault(query) is null).ToList();
        output.WriteLine($"{all.Length - taken.Count} of {all.Length} queries that Tempo's tests give as invalid are refused");
        Assert.Empty(taken);
    }

    [Fact]
    public void What_Tempo_leaves_for_later_is_read_but_for_a_parent_without_a_name()
    {
        var all = Of("undecided");
        var refused = all.Where(static query => Fault(query) is not null).ToList();
        output.WriteLine($"{all.Length - refused.Count} of {all.Length} queries that Tempo's tests give as not supported yet are read");
        Assert.Equal(Refused, refused);
    }
}
