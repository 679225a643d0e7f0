using System.Text.Json;
using MicroMonitored.Model.Components;

namespace MicroMonitored.Model.Settings;

/// <summary>Reads <c>stack.json</c>, lets environment variables override single keys and validates the whole.</summary>
public static class SettingsReader
{
    /// <summary>Prefix of overriding environment variables: <c>STACK__PORTS__GRAFANA=3001</c> sets <c>ports.grafana</c>.</summary>
    public const string EnvironmentPrefix = "STACK__";

    /// <summary>Every key of the settings file, as a dotted path.</summary>
    public static IReadOnlyList<string> Keys { get; } = [.. SettingsSchema.Keys.Select(key => key.Path)];

    /// <summary>Reads the settings file.</summary>
    /// <param name="file">Path of the JSON file; comments and trailing commas are allowed.</param>
    /// <param name="environment">The environment variables; only those with <see cref="EnvironmentPrefix"/> are looked at.</param>
    /// <param name="accepted">A file that remembers settings found valid, which spares the next reading of the same a tenth of a second; null for none.</param>
    /// <exception cref="FaultException">The file cannot be read or a value is not valid; every fault at once.</exception>
    public static StackSettings Read(string file, IReadOnlyDictionary<string, string> environment, string? accepted = null)
    {
        string json;
        try
        {
            json = File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FaultException($"{file}: {exception.Message} Restore the file or name another with --settings=<file>.");
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        return Parse(json, Path.GetFileName(file), folder, environment, accepted is null ? null : new AcceptedSettings(accepted));
    }

    /// <summary>Reads settings from JSON text.</summary>
    /// <param name="json">The text; comments and trailing commas are allowed.</param>
    /// <param name="name">How faults call the text.</param>
    /// <param name="folder">The folder that <c>grafana.passwordFile</c> is relative to.</param>
    /// <param name="environment">The environment variables; only those with <see cref="EnvironmentPrefix"/> are looked at.</param>
    /// <exception cref="FaultException">A value is not valid; every fault at once.</exception>
    public static StackSettings Parse(string json, string name, string folder, IReadOnlyDictionary<string, string> environment)
        => Parse(json, name, folder, environment, null);

    private static StackSettings Parse(string json, string name, string folder, IReadOnlyDictionary<string, string> environment, AcceptedSettings? accepted)
    {
        var draft = SettingsDraft.Parse(json, name);
        draft.Override(environment);
        draft.Validate(accepted);
        draft.Complete();
        var settings = draft.Node.Deserialize(SettingsJson.Default.StackSettings)! with
        {
            MovesServices = draft.Overrides("ports.first") || draft.Overrides("ports.services"),
        };
        CheckTogether(settings, draft);
        if (settings.Grafana.PasswordFile is { } file)
            settings = settings with { Grafana = settings.Grafana with { Password = Secret(file, folder, draft) ?? settings.Grafana.Password } };
        if (settings.IsOpen && settings.Grafana.HasDefaultPassword)
        {
            var variable = SettingsSchema.Key("grafana.password").Variable;
            draft.Fault(
                "bindAddress",
                $"\"{settings.BindAddress}\" opens ports beyond loopback with the default Grafana password",
                $"set {variable} or grafana.passwordFile, or keep \"127.0.0.1\"");
        }

        return draft.Faults.Count == 0 ? settings : throw new FaultException(draft.Faults);
    }

    private static void CheckTogether(StackSettings settings, SettingsDraft draft)
    {
        var numbers = Component.TakenPorts(settings).ToDictionary();
        numbers.Add("ports.services", settings.Ports.Services);
        foreach (var shared in SettingsSchema.Keys.Where(key => key.Offset is not null).GroupBy(key => numbers[key.Path]).Where(group => group.Count() > 1))
            draft.Fault(shared.Last().Path, $"{shared.Key} is also {shared.First()}", "give every port its own number");
    }

    private static string? Secret(string file, string folder, SettingsDraft draft)
    {
        const string key = "grafana.passwordFile";
        try
        {
            var secret = File.ReadAllText(Path.Combine(folder, file)).TrimEnd('\r', '\n');
            if (secret.Length > 0 && !secret.Any(char.IsControl))
                return secret;
            draft.Fault(key, $"\"{file}\" holds no usable password", "put the password on its one line");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            draft.Fault(key, $"\"{file}\" cannot be read ({exception.GetType().Name})", "create the file or remove the key");
        }

        return null;
    }
}
