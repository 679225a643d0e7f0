using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace MicroMonitored.Model.Settings;

/// <summary>Remembers by their hash the settings that this very assembly, and the schema in it, found valid last.</summary>
internal sealed class AcceptedSettings(string file)
{
    public bool Holds(JsonNode settings)
    {
        try
        {
            return File.Exists(file) && File.ReadAllText(file) == Hash(settings);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public void Add(JsonNode settings)
    {
        if (Holds(settings))
            return;
        try
        {
            // They may hold a password: their hash is for this user alone.
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var stream = new FileStream(file, options);
            stream.Write(Encoding.ASCII.GetBytes(Hash(settings)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Nothing is lost but time.
            return;
        }
    }

    private static string Hash(JsonNode settings)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{typeof(AcceptedSettings).Module.ModuleVersionId} {settings.ToJsonString()}")));
}
