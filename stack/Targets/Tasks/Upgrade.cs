using Cake.Frosting;
using MicroMonitored.Model;
using MicroMonitored.Targets.Upgrades;

namespace MicroMonitored.Targets.Tasks;

/// <summary>Takes a repository from the packages that it has to others.</summary>
[TaskName(nameof(Upgrade))]
[TaskDescription("Takes newer packages, and newer assets where you have not changed them.")]
[Example("--from=../MicroMonitored.Templates.0.3.0.nupkg")]
public sealed class Upgrade : FrostingTask<BuildContext>
{
    private static readonly Option<string?> From = Option.Text("from", "PLACE", "a package file, a folder that has one, or a version");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public override void Run(BuildContext context)
    {
        using var held = StackLock.Take(context.Paths);
        var present = UpgradePlan.Present(context.Paths);
        var record = ShippedFiles.Of(context.Paths);
        var feeds = new PackageFeeds(context);
        var chosen = context.GetValue(From) is { } from ? Named(from, present, feeds) : Newest(context, present, record, feeds);
        if (chosen is null)
            return;
        var package = TemplatePackage.Read(chosen);
        var plan = UpgradePlan.Of(context.Paths, package);
        if (plan.Steps.All(step => step.Word == "Kept" && step.Content is null))
        {
            context.Say($"Already on {package.Version}; nothing to do.");
            return;
        }

        plan.Apply(context.Paths);
        foreach (var step in plan.Steps)
            context.Say(step.ToString());
        context.Say($"From {plan.From} to {plan.To}{(plan.To.CompareTo(plan.From) < 0 ? ", a step back; versions that were raised meanwhile stay" : "")}.");
        if (plan.LeavesWork)
            context.Say("Compare each .new file with yours, take what you want and delete it.");
        context.Say($"Next: {Paths.Command} --target=Up, then {Paths.Command} --target=Verify.");
    }

    private static string? Newest(BuildContext context, VersionNumber present, ShippedFiles record, PackageFeeds feeds)
    {
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
