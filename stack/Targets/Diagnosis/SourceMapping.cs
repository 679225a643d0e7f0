using System.Xml;
using System.Xml.Linq;
using Cake.Core;
using Cake.Core.IO;
using Path = System.IO.Path;

namespace MicroMonitored.Targets.Diagnosis;

/// <summary>Finds the <c>packageSourceMapping</c> that makes NuGet pass over the packages in <c>feed/</c>.</summary>
internal static class SourceMapping
{
    /// <summary>What a <c>nuget.config</c> beside the build scripts must say then; build.sh and build.ps1 print the same.</summary>
    public const string Lines = """
        <packageSources><add key="micromonitored" value="feed" /></packageSources>
        <packageSourceMapping><packageSource key="micromonitored"><package pattern="MicroMonitored.*" /></packageSource></packageSourceMapping>
        """;

    private const string Package = "MicroMonitored.Targets";

    /// <returns>The file whose mapping is in the way; null where none is.</returns>
    public static string? InTheWay(BuildContext context)
    {
        if (!Directory.Exists(context.Paths.Feed))
            return null;
        try
        {
            var command = new ProcessArgumentBuilder().Append("nuget").Append("config").Append("paths");
            var files = context.Capture("dotnet nuget config paths", "dotnet", command, context.Paths.Root);
            return InTheWay([.. files.Select(file => file.Trim()).Where(System.IO.File.Exists)], context.Paths.Feed);
        }
        catch (Exception exception) when (exception is CakeException or XmlException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <param name="files">The nearest first, as NuGet lists them.</param>
    internal static string? InTheWay(IReadOnlyList<string> files, string feed)
    {
        var mapped = new List<(string File, string Key, string Pattern)>();
        var ours = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { feed };
        var further = true;
        foreach (var (file, root) in files.Select(file => (file, XDocument.Load(file).Root!)))
        {
            foreach (var source in root.Elements("packageSources").Elements("add"))
            {
                if (((string?)source.Attribute("key"), (string?)source.Attribute("value")) is ({ } key, { } value)
                    && !value.Contains("://", StringComparison.Ordinal)
                    && Path.GetFullPath(value.Replace('\\', '/'), Path.GetDirectoryName(file)!).TrimEnd('/', '\\') == feed)
                    ours.Add(key);
            }

            if (!further)
                continue;
            mapped.AddRange(
                from source in root.Elements("packageSourceMapping").Elements("packageSource")
                from package in source.Elements("package")
                select (file, (string?)source.Attribute("key") ?? "", (string?)package.Attribute("pattern") ?? ""));
            further = !root.Elements("packageSourceMapping").Elements("clear").Any();
        }

        var fitting = mapped.Where(entry => Fits(entry.Pattern)).ToList();
        var closest = fitting.Select(entry => entry.Pattern.Length).DefaultIfEmpty().Max();
        return mapped.Count == 0 || fitting.Any(entry => entry.Pattern.Length == closest && ours.Contains(entry.Key)) ? null : mapped[0].File;
    }

    private static bool Fits(string pattern)
        => pattern.EndsWith('*')
            ? Package.StartsWith(pattern[..^1], StringComparison.OrdinalIgnoreCase)
            : Package.Equals(pattern, StringComparison.OrdinalIgnoreCase);
}
