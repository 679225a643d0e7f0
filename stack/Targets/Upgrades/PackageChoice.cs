using MicroMonitored.Model;

namespace MicroMonitored.Targets.Upgrades;

/// <summary>Chooses the template package that an upgrade takes.</summary>
internal static class PackageChoice
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The package's path; null, and said why, where nothing newer is out.</summary>
    /// <param name="from">A package file, a folder that has one, or a version; null asks the feeds for the newest.</param>
    /// <exception cref="FaultException">There is no such package, or no feed answers.</exception>
    public static string? Of(BuildContext context, string? from)
    {
        var (present, feeds) = (UpgradePlan.Present(context.Paths), new PackageFeeds(context));
        return from is null ? Newest(context, present, feeds) : Named(from, present, feeds);
    }

    private static string? Newest(BuildContext context, VersionNumber present, PackageFeeds feeds)
    {
        var record = ShippedFiles.Of(context.Paths);
        var answer = feeds.Ask(present.IsPrerelease, Patience);
        if (answer.Newest is { } newest && (newest.CompareTo(present) > 0 || (newest == present && record.Version != present.Text)))
            return feeds.Fetch(newest);
        if (answer.Newest is null && answer.Silent.Count > 0)
        {
            throw new FaultException(
                $"no feed said which version is the newest ({string.Join("; ", answer.Silent)}); "
                + "see dotnet nuget list source, or give --from=<nupkg or folder>");
        }

        context.Say(answer.Newest is null
            ? $"No feed carries {TemplatePackage.Id} (asked: {string.Join(", ", answer.Asked)}); --from=<nupkg or folder> takes one from elsewhere."
            : $"Already on {present}; nothing newer is out ({string.Join(", ", answer.Asked)}).");
        return null;
    }

    /// <summary>What <c>--from</c> names. A file or a version may be older than the present one; out of a folder an older one is not taken.</summary>
    private static string Named(string from, VersionNumber present, PackageFeeds feeds)
    {
        var path = Path.GetFullPath(from);
        if (File.Exists(path))
            return path;
        if (!Directory.Exists(path))
        {
            return VersionNumber.Of(from) is { } version ? feeds.Fetch(version) : throw new FaultException(
                $"--from={from}: no such file or folder, and no version; give a {TemplatePackage.Id}.<version>.nupkg, a folder that has one, or a version");
        }

        var newest = Directory.EnumerateFiles(path, TemplatePackage.Id + ".*.nupkg")
            .Select(file => (File: file, Version: VersionNumber.Of(Path.GetFileNameWithoutExtension(file)[(TemplatePackage.Id.Length + 1)..])))
            .Where(found => found.Version is not null)
            .OrderBy(found => found.Version).ThenBy(found => File.GetLastWriteTimeUtc(found.File))
            .LastOrDefault();
        if (newest.Version is null)
            throw new FaultException($"--from={from}: no {TemplatePackage.Id}.<version>.nupkg lies there");
        return newest.Version.CompareTo(present) >= 0
            ? newest.File
            : throw new FaultException($"--from={from}: the newest there is {newest.Version}, older than {present}; name the file to step back");
    }
}
