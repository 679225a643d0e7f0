using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using MicroMonitored.Model.Services;

namespace MicroMonitored.Model.Expectations;

/// <summary>Reads <c>expectations.json</c>, whose keys <c>expectations.schema.json</c> describes; a fault names file and line.</summary>
public sealed partial class ExpectationsReader
{
    private static readonly string[] Kinds = ["internal", "server", "client", "producer", "consumer"];

    private static readonly string[] Levels = ["trace", "debug", "information", "warning", "error", "critical"];

    private static readonly IReadOnlyDictionary<string, UnexpectedKind> Absences = new Dictionary<string, UnexpectedKind>
    {
        ["metrics"] = UnexpectedKind.Metric, ["logs"] = UnexpectedKind.Log, ["spans"] = UnexpectedKind.Span, ["attributes"] = UnexpectedKind.Attribute,
    };

    private readonly string _file;
    private readonly IReadOnlyDictionary<string, string> _services;
    private readonly List<string> _faults = [];

    private ExpectationsReader(string file, IReadOnlyDictionary<string, string> services) => (_file, _services) = (file, services);

    /// <summary>Reads one file.</summary>
    /// <param name="json">What is in it.</param>
    /// <param name="file">How faults call it.</param>
    /// <param name="services">The services' names by what a file may call them: their own, or their project's.</param>
    /// <exception cref="FaultException">A key or value is not valid; every fault at once.</exception>
    public static ServiceExpectations Read(byte[] json, string file, IReadOnlyDictionary<string, string> services)
    {
        var reader = new ExpectationsReader(file, services);
        try
        {
            var expectations = reader.Whole(JsonTree.Parse(json));
            return reader._faults.Count == 0 ? expectations : throw new FaultException(reader._faults);
        }
        catch (JsonException exception)
        {
            var reason = exception.Message.Split(" LineNumber:")[0].TrimEnd('.');
            throw new FaultException($"{file}:{exception.LineNumber + 1}: is not valid JSON: {reason}; mend the syntax there");
        }
    }

    /// <summary>Reads those of each service that has some.</summary>
    /// <param name="services">All services.</param>
    /// <param name="root">What paths in faults are relative to.</param>
    /// <returns>By the service's name.</returns>
    /// <exception cref="FaultException">A file cannot be read or is not valid; every fault of every file at once.</exception>
    public static IReadOnlyDictionary<string, ServiceExpectations> Of(IReadOnlyList<DiscoveredService> services, string root)
    {
        var names = services.Select(service => KeyValuePair.Create(service.ProjectName, service.Name))
            .Concat(services.Select(service => KeyValuePair.Create(service.Name, service.Name))).DistinctBy(pair => pair.Key).ToDictionary();
        var found = new Dictionary<string, ServiceExpectations>();
        var faults = new List<string>();
        foreach (var service in services)
        {
            var file = Path.Combine(service.ProjectFolder, ServiceExpectations.FileName);
            try
            {
                if (File.Exists(file))
                    found[service.Name] = Read(File.ReadAllBytes(file), Path.GetRelativePath(root, file).Replace('\\', '/'), names);
            }
            catch (FaultException exception)
            {
                faults.AddRange(exception.Faults);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{file}: {exception.Message} Mend or remove the file.");
            }
        }

        return faults.Count == 0 ? found : throw new FaultException(faults);
    }

    private ServiceExpectations Whole(JsonTree root)
    {
        var keys = Keys(root, "the whole", "$schema", "drive", "metrics", "logs", "spans", "absent", "lint");
        return new ServiceExpectations(
            _file,
            [.. Items(keys, "drive").Select(Request).OfType<DrivenRequest>()],
            [.. Items(keys, "metrics").Select(Metric)],
            [.. Items(keys, "logs").Select(Line)],
            [.. Items(keys, "spans").Select(Span)],
            [.. keys.GetValueOrDefault("absent") is { } absent ? Absent(absent) : []])
        {
            Accepted = [.. Items(keys, "lint").Select(Accepted)],
        };
    }

    private AcceptedFinding Accepted(JsonTree item)
    {
        var keys = Keys(item, "a finding", "id", "name", "reason");
        string Given(string key) => Required(item, keys, key) ?? "";
        return new AcceptedFinding(item.Line, Given("id"), Given("name"), Given("reason"));
    }

    private DrivenRequest? Request(JsonTree item)
    {
        var keys = Keys(item, "a request", "method", "path", "body", "status", "calls");
        var method = Text(keys, "method") ?? "GET";
        if (!MethodForm().IsMatch(method))
            Fault(keys["method"].Line, "method", keys["method"], "use a method such as GET or POST");
        var path = Required(item, keys, "path");
        if (path is not null && !(path.StartsWith('/') && Uri.TryCreate("http://a" + path, UriKind.Absolute, out _)))
            Fault(keys["path"].Line, "path", keys["path"], "use a path such as /orders");
        var status = Number(keys, "status");
        if (status is < 100 or > 599 || status % 1 > 0)
            Fault(keys["status"].Line, "status", keys["status"], "use a status from 100 to 599");
        var calls = new List<string>();
        foreach (var call in Items(keys, "calls"))
        {
            if (call.Kind == JsonValueKind.String && _services.TryGetValue(call.Text, out var name))
                calls.Add(name);
            else
                Fault(call.Line, "calls", call, $"{DidYouMean(call.Text, _services.Keys)}known services are {string.Join(", ", _services.Keys)}");
        }

        var body = keys.TryGetValue("body", out var given) ? JsonElement.Parse(given.Raw.Span, new JsonDocumentOptions
        {
            AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip,
        }) : (JsonElement?)null;
        return path is null ? null : new DrivenRequest(item.Line, method, path, body, (int?)status, calls);
    }

    private ExpectedMetric Metric(JsonTree item)
    {
        var keys = Keys(item, "a metric", "name", "labels", "grows", "growsAtLeast", "atLeast");
        var name = Required(item, keys, "name") ?? "";
        if (name.Length > 0 && !MetricForm().IsMatch(name))
            Fault(keys["name"].Line, "name", keys["name"], "use the name that Prometheus has, such as orders_placed_total");
        if (keys.ContainsKey("grows") && keys.TryGetValue("growsAtLeast", out var least))
            Fault(least.Line, "growsAtLeast", least, "say either grows or growsAtLeast");
        return new ExpectedMetric(item.Line, name, Pairs(keys, "labels"), Number(keys, "grows"), Number(keys, "growsAtLeast"), Number(keys, "atLeast"));
    }

    private ExpectedLine Line(JsonTree item)
    {
        var keys = Keys(item, "a line", "message", "level", "fields");
        return new ExpectedLine(item.Line, Text(keys, "message"), OneOf(keys, "level", Levels), Pairs(keys, "fields"));
    }

    private ExpectedSpan Span(JsonTree item)
    {
        var keys = Keys(item, "a span", "name", "kind", "attributes");
        return new ExpectedSpan(item.Line, Required(item, keys, "name") ?? "", OneOf(keys, "kind", Kinds), Pairs(keys, "attributes"));
    }

    private IEnumerable<Unexpected> Absent(JsonTree absent)
    {
        var keys = Keys(absent, "absent", [.. Absences.Keys]);
        return [.. from kind in Absences
                   from item in Items(keys, kind.Key)
                   where item.Kind == JsonValueKind.String && item.Text.Length > 0 || Fault(item.Line, $"absent.{kind.Key}", item, "use a text")
                   select new Unexpected(item.Line, kind.Value, item.Text)];
    }

    private Dictionary<string, JsonTree> Keys(JsonTree item, string what, params string[] known)
    {
        if (item.Kind != JsonValueKind.Object)
            Fault(item.Line, what, item, $"use {{ {string.Join(", ", known.Where(key => key[0] != '$').Select(key => $"\"{key}\": …"))} }}");
        foreach (var (key, value) in item.Members.Where(member => !known.Contains(member.Key)))
        {
            var names = string.Join(", ", known.Where(name => name[0] != '$'));
            _faults.Add($"{_file}:{value.Line}: unknown key {key}; {DidYouMean(key, known)}known here are {names}");
        }

        foreach (var twice in item.Members.GroupBy(member => member.Key).Where(group => group.Count() > 1))
            _faults.Add($"{_file}:{twice.Last().Value.Line}: {twice.Key} is there twice; remove one");
        return item.Members.DistinctBy(member => member.Key).ToDictionary();
    }

    private IReadOnlyList<JsonTree> Items(Dictionary<string, JsonTree> keys, string key)
    {
        if (!keys.TryGetValue(key, out var list))
            return [];
        if (list.Kind != JsonValueKind.Array)
            Fault(list.Line, key, list, "use an array [ … ]");
        return list.Items;
    }

    private Dictionary<string, string> Pairs(Dictionary<string, JsonTree> keys, string key)
    {
        if (!keys.TryGetValue(key, out var pairs))
            return [];
        if (pairs.Kind != JsonValueKind.Object)
            Fault(pairs.Line, key, pairs, "use { \"name\": \"value\" }, where * is any value");
        foreach (var (name, value) in pairs.Members.Where(member => member.Value.Kind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null))
            Fault(value.Line, $"{key}.{name}", value, "use a text, a number, true or false; * is any value");
        return pairs.Members.DistinctBy(member => member.Key).ToDictionary(member => member.Key, member => member.Value.Text);
    }

    private string? Required(JsonTree item, Dictionary<string, JsonTree> keys, string key)
    {
        if (!keys.ContainsKey(key) && item.Kind == JsonValueKind.Object)
            _faults.Add($"{_file}:{item.Line}: {key} is missing; add it");
        return Text(keys, key);
    }

    private string? Text(Dictionary<string, JsonTree> keys, string key)
    {
        if (!keys.TryGetValue(key, out var value))
            return null;
        if (value.Kind != JsonValueKind.String || value.Text.Length == 0)
            Fault(value.Line, key, value, "use a text");
        return value.Text;
    }

    private double? Number(Dictionary<string, JsonTree> keys, string key)
    {
        if (!keys.TryGetValue(key, out var value))
            return null;
        if (value.Kind == JsonValueKind.Number)
            return double.Parse(value.Text, CultureInfo.InvariantCulture);
        Fault(value.Line, key, value, "use a number");
        return null;
    }

    private string? OneOf(Dictionary<string, JsonTree> keys, string key, string[] words)
    {
        var text = Text(keys, key);
        if (text is not null && !words.Contains(text))
            Fault(keys[key].Line, key, keys[key], $"use {string.Join(", ", words)}");
        return text;
    }

    private bool Fault(int line, string key, JsonTree seen, string fix)
    {
        _faults.Add($"{_file}:{line}: {key} is {seen}; {fix}");
        return false;
    }

    private static string DidYouMean(string word, IEnumerable<string> known) => Nearest.Of(word, known) is { } nearest ? $"did you mean {nearest}? " : "";

    [GeneratedRegex(@"\A[A-Z]{3,10}\z")]
    private static partial Regex MethodForm();

    [GeneratedRegex(@"\A[a-zA-Z_:][a-zA-Z0-9_:]*\z")]
    private static partial Regex MetricForm();
}
