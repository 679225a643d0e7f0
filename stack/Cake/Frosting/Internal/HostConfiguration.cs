using Cake.Core;
using Cake.Core.Configuration;
using Cake.Core.IO;

namespace Cake.Frosting.Internal;

/// <summary>Cake's configuration: the host's settings, <c>cake.config</c>, <c>CAKE_*</c> variables and arguments, the last one wins.</summary>
internal sealed class HostConfiguration(
    IEnumerable<CakeSetting> settings,
    IFileSystem fileSystem,
    ICakeEnvironment environment,
    ICakeArguments arguments) : ICakeConfiguration
{
    private readonly Lazy<ICakeConfiguration> _configuration = new(() =>
    {
        var defaults = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var setting in settings)
            defaults[setting.Key] = setting.Value;

        var given = arguments.GetArguments().ToDictionary(a => a.Key, a => a.Value.LastOrDefault() ?? string.Empty);
        return new CakeConfigurationProvider(fileSystem, environment).CreateConfiguration(environment.WorkingDirectory, defaults, given);
    });

    public string GetValue(string key) => _configuration.Value.GetValue(key);
}
