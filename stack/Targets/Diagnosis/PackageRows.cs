using MicroMonitored.Model;
using MicroMonitored.Targets.Upgrades;

namespace MicroMonitored.Targets.Diagnosis;

/// <summary>What Doctor says of the packages and of what came with them; nothing where they are not packages.</summary>
internal static class PackageRows
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static IEnumerable<Finding> Of(BuildContext context)
    {
        if (!File.Exists(context.Paths.Shipped))
            return [];
        try
        {
            var present = UpgradePlan.Present(context.Paths);
            return [Packages(context, present), Assets(context.Paths, present, ShippedFiles.Of(context.Paths)), .. Sources(context)];
        }
        catch (FaultException fault)
        {
            return [new Finding("packages", FindingStatus.Fail, string.Join(Environment.NewLine, fault.Faults), "mend the files named")];
        }
    }

    private static Finding Packages(BuildContext context, VersionNumber present)
    {
        var answer = new PackageFeeds(context).Ask(present.IsPrerelease, Patience);
        return answer.Newest is { } newest && newest.CompareTo(present) > 0
            ? new Finding("packages", FindingStatus.Warn, $"{present}; {newest} is out", $"run {Paths.Command} --target=Upgrade")
            : new Finding(
                "packages",
                FindingStatus.Pass,
                $"{present}; {(answer.Silent.Count > 0 && answer.Newest is null ? "no feed said whether a newer one is out" : "nothing newer is out")}");
    }

    private static Finding Assets(Paths paths, VersionNumber present, ShippedFiles record)
    {
        Finding Warning(string seen, string fix) => new("assets", FindingStatus.Warn, seen, fix);
        if (record.Version != present.Text)
            return Warning($"stack/assets came with {record.Version}, the packages are {present}", $"run {Paths.Command} --target=Upgrade --from={present}");
        var waiting = Directory.EnumerateFiles(paths.Stack, "*" + Paths.Waiting, SearchOption.AllDirectories)
            .Select(paths.Shown).Order(StringComparer.Ordinal).ToList();
        return waiting.Count == 0
            ? new Finding("assets", FindingStatus.Pass, $"came with {record.Version}")
            : Warning(
                $"waiting to be compared: {string.Join(", ", waiting)}",
                $"take what you want into the file without {Paths.Waiting} and delete the other");
    }

    private static IEnumerable<Finding> Sources(BuildContext context)
        => SourceMapping.InTheWay(context) is { } file
            ? [new Finding(
                "package sources",
                FindingStatus.Warn,
                $"the packageSourceMapping of {context.Paths.Shown(file)} makes NuGet pass over feed/",
                $"put into nuget.config beside {Paths.Command}, below <configuration>:{Environment.NewLine}{SourceMapping.Lines}")]
            : [];
}
