using System.Text.Json;
using Cake.Core;
using Cake.Core.IO;
using MicroMonitored.Model;
using Path = System.IO.Path;

namespace MicroMonitored.Targets.Upgrades;

/// <summary>What the feeds of this repository answered.</summary>
/// <param name="Newest">The newest version on any of them.</param>
/// <param name="Asked">Their names.</param>
/// <param name="Silent">Those that did not answer, each with what was seen.</param>
internal sealed record FeedAnswer(VersionNumber? Newest, IReadOnlyList<string> Asked, IReadOnlyList<string> Silent);

/// <summary>The template package on the feeds that NuGet is configured for here.</summary>
internal sealed class PackageFeeds(BuildContext context)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Asks for the newest version.</summary>
    /// <param name="prerelease">Whether versions that are not released count.</param>
    /// <param name="patience">After this long nobody has answered.</param>
    public FeedAnswer Ask(bool prerelease, TimeSpan patience)
    {
        var arguments = new ProcessArgumentBuilder()
            .Append("package").Append("search").Append(TemplatePackage.Id).Append("--exact-match")
            .Append("--format").Append("json").Append(prerelease ? "--prerelease" : "");
        try
        {
            var said = context.Capture("dotnet package search", "dotnet", arguments, context.Paths.Root, patience: patience);
            using var answer = JsonDocument.Parse(string.Concat(said));
            var feeds = answer.RootElement.GetProperty("searchResult").EnumerateArray().Select(feed => (
                Name: feed.GetProperty("sourceName").GetString()!,
                Versions: feed.GetProperty("packages").EnumerateArray()
                    .Select(package => VersionNumber.Of(package.GetProperty("version").GetString())).OfType<VersionNumber>().ToList(),
                Problem: feed.TryGetProperty("problems", out var problems)
                    ? problems.EnumerateArray().Select(problem => problem.GetProperty("text").GetString()).FirstOrDefault()
                    : null)).ToList();
            return new FeedAnswer(
                feeds.SelectMany(feed => feed.Versions).Where(version => prerelease || !version.IsPrerelease).Max(),
                [.. feeds.Select(feed => feed.Name)],
                [.. feeds.Where(feed => feed.Problem is not null).Select(feed => $"{feed.Name}: {feed.Problem}")]);
        }
        catch (Exception exception) when (exception is CakeException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new FeedAnswer(null, [], [exception is CakeException ? exception.Message.ReplaceLineEndings(" ") : "dotnet package search gave no answer"]);
        }
    }

    /// <summary>Brings one version here, by the credentials and proxies that NuGet has.</summary>
    /// <returns>The package file.</returns>
    /// <exception cref="FaultException">No feed gave it.</exception>
    public string Fetch(VersionNumber version)
    {
        var folder = Path.Combine(context.Paths.Artifacts, "upgrade");
        Folders.Require(context.Paths, [folder]);
        foreach (var outer in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" })
            System.IO.File.WriteAllText(Path.Combine(folder, outer), "<Project />\n");
        var project = Path.Combine(folder, "Fetch.csproj");
        System.IO.File.WriteAllText(project, $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework><RestorePackagesPath>packages</RestorePackagesPath></PropertyGroup>
              <ItemGroup><PackageDownload Include="{TemplatePackage.Id}" Version="[{version}]" /></ItemGroup>
            </Project>

            """);
        try
        {
            var restore = new ProcessArgumentBuilder().Append("restore").AppendQuoted(project).Append("-nodeReuse:false").Append("-v:q").Append("-nologo");
            context.Capture("the restore", "dotnet", restore, folder, patience: Patience);
        }
        catch (CakeException exception)
        {
            throw new FaultException(
                $"{TemplatePackage.Id} {version} did not come from the feeds ({exception.Message.ReplaceLineEndings(" ")}); "
                + "see dotnet nuget list source, or give --from=<file or folder>");
        }

        var name = TemplatePackage.Id.ToLowerInvariant();
        return Directory.EnumerateFiles(Path.Combine(folder, "packages", name), $"{name}.*.nupkg", SearchOption.AllDirectories)
            .First(file => Path.GetFileName(file) == $"{name}.{version.Text.Split('+')[0].ToLowerInvariant()}.nupkg");
    }
}
