using System.Runtime.InteropServices;

namespace Bench.Engine;

/// <summary>Aspire's dashboard out of its package.</summary>
public static class AspirePackage
{
    public const string Version = "13.6.5";

    /// <summary>The dashboard's program in the machine's package folder; nothing where no feed carries it.</summary>
    public static async Task<IReadOnlyList<string>> RestoredAsync(string folder)
    {
        var package = $"Aspire.Dashboard.Sdk.{RuntimeInformation.RuntimeIdentifier}";
        var project = Path.Combine(folder, "Dashboard.csproj");
        await File.WriteAllTextAsync(project, $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup><PackageDownload Include="{package}" Version="[{Version}]" /></ItemGroup>
            </Project>
            """);
        try
        {
            await Tool.RunAsync("dotnet", folder, "restore", project, "-nodeReuse:false");
            var root = await Tool.RunAsync("dotnet", folder, "msbuild", project, "-nodeReuse:false", "-getProperty:NuGetPackageRoot");
            var name = OperatingSystem.IsWindows() ? "Aspire.Dashboard.exe" : "Aspire.Dashboard";
            return [Path.Combine(root.Trim(), package.ToLowerInvariant(), Version, "tools", name)];
        }
        catch (InvalidOperationException)
        {
            await Console.Out.WriteLineAsync($"no feed in reach carries {package} {Version}: left out");
            return [];
        }
    }
}
