using System.Text.RegularExpressions;

namespace Stack.Tests.Rendering;

/// <summary>One block of an Alloy configuration that is laid out as <c>alloy fmt</c> does.</summary>
/// <param name="Component">The component or top-level block that it is part of.</param>
/// <param name="Path">The blocks from there to this one, joined by <c>&gt;</c>; empty for the component itself.</param>
internal sealed partial record AlloyBlock(string Component, string Path)
{
    public Dictionary<string, string> Arguments { get; } = [];

    public static IReadOnlyList<AlloyBlock> Parse(string text)
    {
        var blocks = new List<AlloyBlock>();
        var open = new Stack<AlloyBlock>();
        (string Name, string Value)? map = null;
        foreach (var line in text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal)))
        {
            if (map is { } part)
            {
                map = (part.Name, part.Value + line);
                if (line == "}")
                {
                    open.Peek().Arguments.Add(part.Name, part.Value + line);
                    map = null;
                }
            }
            else if (line == "}")
                open.Pop();
            else if (Opening().Match(line) is { Success: true } opening)
            {
                var name = opening.Groups["name"].Value;
                open.Push(open.TryPeek(out var parent) ? new(parent.Component, parent.Path.Length == 0 ? name : $"{parent.Path} > {name}") : new(name, ""));
                blocks.Add(open.Peek());
            }
            else if (Argument().Match(line) is { Success: true } argument)
            {
                if (argument.Groups["value"].Value == "{")
                    map = (argument.Groups["name"].Value, "{");
                else
                    open.Peek().Arguments.Add(argument.Groups["name"].Value, argument.Groups["value"].Value);
            }
            else
                throw new FormatException($"no Alloy: {line}");
        }

        return open.Count == 0 ? blocks : throw new FormatException($"{open.Peek()} is not closed");
    }

    /// <summary>The pairs of an argument that is a map.</summary>
    public Dictionary<string, string> Map(string argument)
        => Pair().Matches(Arguments[argument]).ToDictionary(pair => pair.Groups["key"].Value, pair => pair.Groups["value"].Value);

    [GeneratedRegex("""\A(?<name>[\w.]+)(?: "\w+")? \{\z""")]
    private static partial Regex Opening();

    [GeneratedRegex("""\A(?<name>\w+)\s*= (?<value>.+)\z""")]
    private static partial Regex Argument();

    [GeneratedRegex("(?<key>\\w+)\\s*= \"(?<value>[^\"]*)\",")]
    private static partial Regex Pair();
}
