using System.Text.Json.Serialization;
using Spectre.Console;

namespace MicroMonitored.Targets.Console;

/// <summary>Prints components as <c>Up</c> and <c>Status</c> show them.</summary>
internal static class ComponentTable
{
    public static void Print(IAnsiConsole console, IReadOnlyList<ComponentStatus> components)
    {
        var timed = components.Any(component => component.Seconds is not null);
        var table = Terminal.Table(timed ? ["Component", "Kind", "State", "Id", "URL", "Ready after"] : ["Component", "Kind", "State", "Id", "URL"]);
        foreach (var component in components)
        {
            table.AddRow(
            [
                new Text(component.Name),
                new Text(component.Kind),
                new Text(component.State, new Style(Colour(component.State))),
                new Text(component.Id ?? "-"),
                new Text(component.Url?.ToString().TrimEnd('/') ?? "-"),
                .. timed ? [new Text(component.Seconds is { } seconds ? FormattableString.Invariant($"{seconds:0.0} s") : "-")] : Array.Empty<Text>(),
            ]);
        }

        console.Write(table);
    }

    private static Color Colour(string state)
        => state switch { "ready" or ComponentStatus.ByHand => Color.Green, "down" => Color.Grey, _ => Color.Yellow };
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<ComponentStatus>))]
internal sealed partial class ComponentJson : JsonSerializerContext;
