using System.Text.Json;

namespace Templates.Tests;

public sealed class MetadataTests
{
    private static readonly string[] Languages = ["de", "en", "es", "fr", "ja", "ko", "zh-Hans"];

    public static TheoryData<string> Templates => [.. Repository.TemplateFolders.Select(folder => Path.GetFileName(folder))];

    [Theory]
    [MemberData(nameof(Templates))]
    public void Every_parameter_is_in_every_file_that_describes_it(string template)
    {
        var parameters = Parameters(template).Select(parameter => parameter.Name).Order().ToArray();
        var options = Read(template, "dotnetcli.host.json").GetProperty("symbolInfo").EnumerateObject().ToArray();
        Assert.Equal(parameters, options.Select(option => option.Name).Order());
        var names = options.Select(option => option.Value.GetProperty("longName").GetString()!).ToArray();
        Assert.Equal(names.Distinct(), names);
        Assert.All(names, name => Assert.Matches("^[a-z]+(-[a-z]+)*$", name));
        var visible = Read(template, "ide.host.json").GetProperty("symbolInfo").EnumerateArray().Select(symbol => symbol.GetProperty("id").GetString()!);
        Assert.Equal(parameters.Where(parameter => parameter != "skipRestore"), visible.Order());
        Assert.True(File.Exists(Path.Combine(Repository.Templates, template, ".template.config", "icon.png")));
    }

    [Theory]
    [MemberData(nameof(Templates))]
    public void Every_text_is_in_every_language(string template)
    {
        var folder = Path.Combine(Repository.Templates, template, ".template.config", "localize");
        Assert.Equal(
            Languages.Select(language => $"templatestrings.{language}.json"),
            Directory.GetFiles(folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        var expected = Texts(template);
        foreach (var language in Languages)
        {
            var texts = Read(template, $"localize/templatestrings.{language}.json").EnumerateObject()
                .ToDictionary(text => text.Name, text => text.Value.GetString()!);
            Assert.Equal(expected.Keys.Order(), texts.Keys.Order());
            Assert.All(texts.Values, text => Assert.False(string.IsNullOrWhiteSpace(text)));
            if (language == "en")
                Assert.Equal(expected.OrderBy(text => text.Key), texts.OrderBy(text => text.Key));
            else
                Assert.NotEqual(expected["description"], texts["description"]);
        }
    }

    private static Dictionary<string, string> Texts(string template)
    {
        var json = Read(template, "template.json");
        var texts = new Dictionary<string, string>();
        foreach (var name in new[] { "author", "name", "description" })
            texts[name] = json.GetProperty(name).GetString()!;
        foreach (var (name, symbol) in Parameters(template))
        {
            Add($"symbols/{name}", symbol);
            if (symbol.TryGetProperty("choices", out var choices))
                foreach (var choice in choices.EnumerateArray())
                    Add($"symbols/{name}/choices/{choice.GetProperty("choice").GetString()}", choice);
        }

        foreach (var action in json.GetProperty("postActions").EnumerateArray())
        {
            var id = action.GetProperty("id").GetString();
            texts[$"postActions/{id}/description"] = action.GetProperty("description").GetString()!;
            foreach (var instruction in action.GetProperty("manualInstructions").EnumerateArray())
                texts[$"postActions/{id}/manualInstructions/{instruction.GetProperty("id").GetString()}/text"] = instruction.GetProperty("text").GetString()!;
        }

        return texts;

        void Add(string key, JsonElement described)
        {
            texts[$"{key}/displayName"] = described.GetProperty("displayName").GetString()!;
            texts[$"{key}/description"] = described.GetProperty("description").GetString()!;
        }
    }

    private static IEnumerable<(string Name, JsonElement Symbol)> Parameters(string template)
        => Read(template, "template.json").GetProperty("symbols").EnumerateObject()
            .Where(symbol => symbol.Value.GetProperty("type").GetString() == "parameter")
            .Select(symbol => (symbol.Name, symbol.Value));

    private static JsonElement Read(string template, string file)
        => JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Templates, template, ".template.config", file))).RootElement;
}
