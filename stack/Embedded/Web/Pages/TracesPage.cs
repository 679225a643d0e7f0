using System.Text.RegularExpressions;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.TraceQL;
using RazorSlices;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>The traces of a range, by filters or by TraceQL.</summary>
internal sealed class TracesPage(PageRequest request) : Page(request)
{
    public const int Shown = 100;

    public override string Title => "Traces";

    public override RazorSlice Body => new Web_Pages_Traces { Model = this };

    public string? Search => Request.Text("q");

    public string? Service => Request.Text("service");

    public string? Attribute => Request.Text("attr");

    public bool ErrorsOnly => Request.Text("errors") is "1" or "on";

    public IEnumerable<string> Services() => Request.Sources.Spans.ServiceNames(Request.Cancellation).Order(StringComparer.Ordinal);

    /// <summary>The TraceQL that the filters stand for.</summary>
    public string Query()
    {
        if (Search is ['{' or '(', ..])
            return Search;
        var conditions = new List<string>();
        if (Service is { } service)
            conditions.Add($"resource.service.name = {LogQuery.Quoted(service)}");
        if (Search is { } word)
            conditions.Add($"name =~ {LogQuery.Quoted($"(?i).*{Regex.Escape(word)}.*")}");
        if (ErrorsOnly)
            conditions.Add("status = error");
        foreach (var (name, comparison) in ((string, string)[])[("min", ">="), ("max", "<=")])
        {
            if (Request.Text(name) is not { } duration)
                continue;
            if (!Quantities.TryDuration(duration, out _))
                throw new QueryParameterException(name, $"\"{duration}\" is not a duration such as 10ms");
            conditions.Add($"traceDuration {comparison} {duration}");
        }

        if (Attribute is { } attribute)
        {
            if (attribute.Split('=', 2) is not [{ Length: > 0 } key, var value] || !Name.IsMatch(key))
                throw new QueryParameterException("attr", $"\"{attribute}\" is not name=value");
            conditions.Add(double.TryParse(value, out _) || value is "true" or "false" ? $"( .{key} = {LogQuery.Quoted(value)} || .{key} = {value} )"
                : $".{key} = {LogQuery.Quoted(value)}");
        }

        return conditions.Count == 0 ? "{}" : $"{{ {string.Join(" && ", conditions)} }}";
    }

    public IReadOnlyList<FoundTrace> Find() => new TraceFinder(Request.Sources.Spans, Request.Cancellation)
        .Find(TraceParser.Parse(Query()), new(Range.FromNs, Range.ToNs, null, null, Shown));

    private static readonly Regex Name = new("^[A-Za-z_][A-Za-z0-9_.-]*$", RegexOptions.NonBacktracking);
}
