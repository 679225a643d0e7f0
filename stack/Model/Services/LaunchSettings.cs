using System.Text.Json;

namespace MicroMonitored.Model.Services;

/// <summary>The port that a service has under <c>dotnet run</c>, in an IDE and in the stack.</summary>
internal static class LaunchSettings
{
    /// <summary>The file of a project, whether it is there or not.</summary>
    public static string FileOf(string projectFolder) => Path.Combine(projectFolder, "Properties", "launchSettings.json");

    /// <summary>The port of the first http address in <c>applicationUrl</c> of the first profile that runs the project; null where nothing says one.</summary>
    /// <exception cref="FaultException">The file cannot be read.</exception>
    public static int? PortIn(string file)
    {
        if (!File.Exists(file))
            return null;
        try
        {
            var lenient = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
            using var stream = File.OpenRead(file);
            using var settings = JsonDocument.Parse(stream, lenient);
            var profile = Member(settings.RootElement, "profiles") is { ValueKind: JsonValueKind.Object } profiles
                ? profiles.EnumerateObject().Select(profile => profile.Value).FirstOrDefault(profile => Text(profile, "commandName") == "Project")
                : default;
            var addresses = (Text(profile, "applicationUrl") ?? "").Split(';', StringSplitOptions.TrimEntries)
                .Select(address => Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri : null);
            return addresses.FirstOrDefault(address => address is { Scheme: "http", Port: > 0 })?.Port;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new FaultException($"{file}: {exception.Message} Mend the file, or remove it to get a free port.");
        }
    }

    private static JsonElement Member(JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : default;

    private static string? Text(JsonElement element, string name)
        => Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
