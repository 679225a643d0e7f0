namespace Stack.Tests.Rendering;

/// <summary>The shipped rules.</summary>
internal static class RuleFiles
{
    public static string Folder { get; } = Path.Combine(RenderedStack.Assets, "prometheus", "rules");

    public static IEnumerable<string> Records() => Rules().Select(rule => rule.Find("record")?.Text).OfType<string>();

    public static IEnumerable<string> Alerts() => Rules().Select(rule => rule.Find("alert")?.Text).OfType<string>();

    public static IEnumerable<string> Expressions() => Rules().Select(rule => rule["expr"].Text!);

    public static IEnumerable<YamlNode> Rules()
        => Directory.EnumerateFiles(Folder, "*.yml")
            .SelectMany(file => YamlNode.Parse(File.ReadAllText(file))["groups"].Items)
            .SelectMany(group => group["rules"].Items);
}
