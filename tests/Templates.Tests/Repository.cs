using System.Reflection;

namespace Templates.Tests;

/// <summary>Where this repository is.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == "Repository").Value!;

    public static string Templates => Path.Combine(Root, "templates");

    /// <summary>The rooms of the stack, each a package.</summary>
    public static IEnumerable<string> Rooms
        => Directory.GetFiles(Path.Combine(Root, "stack"), "MicroMonitored.*.csproj", SearchOption.AllDirectories)
            .Select(project => Path.GetFileNameWithoutExtension(project).Split('.')[1]).Order();

    /// <summary>The folders of the three templates.</summary>
    public static IEnumerable<string> TemplateFolders => Directory.GetDirectories(Templates, "micro-monitored*").Order();
}
