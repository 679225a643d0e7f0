using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace MicroMonitored.Instrumentation;

/// <summary>The checkout that a developer starts a service from, by F5 or <c>dotnet run</c>.</summary>
internal static class Checkout
{
    /// <summary>Where telemetry goes: to the stack that is up in the checkout, else into its <c>artifacts/logs</c>. Nothing outside Development.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Settings(IHostEnvironment environment)
    {
        // Tests host a service within their own process; what they do belongs into no stack.
        if (!environment.IsDevelopment() || Assembly.GetEntryAssembly()?.GetName().Name != environment.ApplicationName)
            return [];
        for (var folder = new DirectoryInfo(environment.ContentRootPath); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "stack", "stack.json")))
                return In(folder.FullName, environment.ApplicationName);
        }

        return [];
    }

    private static IEnumerable<KeyValuePair<string, string?>> In(string root, string application)
    {
        var artifacts = Path.Combine(root, "artifacts");
        var stack = new ConfigurationBuilder().AddJsonFile(Path.Combine(artifacts, "run", "development.json"), optional: true).Build();
        // A copied folder brings the file of its original along.
        var joined = stack["Checkout"] == root
            ? stack.AsEnumerable().Append(new("Monitoring:FaultRoute", stack[$"Faults:{application}"]))
            : [];
        return joined.Append(new("Monitoring:LogFolder", Path.Combine(artifacts, "logs"))).DistinctBy(setting => setting.Key);
    }
}
