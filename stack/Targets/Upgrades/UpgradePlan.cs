using MicroMonitored.Model;

namespace MicroMonitored.Targets.Upgrades;

/// <summary>What an upgrade does to one file.</summary>
/// <param name="Path">Below the root, with <c>/</c>.</param>
/// <param name="Word">As the report says it: <c>Updated</c>, <c>Added</c>, <c>Removed</c> or <c>Kept</c>.</param>
/// <param name="Content">What is written; null deletes the file, or leaves it where it is kept.</param>
/// <param name="Target">Where that is written when not to the file itself.</param>
internal sealed record UpgradeStep(string Path, string Word, byte[]? Content, string? Note = null, string? Target = null)
{
    public override string ToString() => $"[{Word}] {Path}{(Note is null ? "" : ": " + Note)}";
}

/// <summary>All that leads from the packages of a repository to other ones; made whole before anything is written.</summary>
/// <param name="Steps">In the order in which they are taken: the version comes after everything that it needs.</param>
internal sealed record UpgradePlan(VersionNumber From, VersionNumber To, IReadOnlyList<UpgradeStep> Steps)
{
    /// <summary>Whether a file waits for a person to compare it.</summary>
    public bool LeavesWork => Steps.Any(step => step.Target is not null);

    /// <summary>The version that a repository has.</summary>
    /// <exception cref="FaultException">It names none.</exception>
    public static VersionNumber Present(Paths paths)
        => File.Exists(paths.Versions) && VersionNumber.Of(CentralVersions.MicroMonitored(File.ReadAllText(paths.Versions))) is { } version
            ? version
            : throw new FaultException($"{paths.Shown(paths.Versions)} has no <MicroMonitoredVersion> with a version; add it with the version of the packages");

    /// <exception cref="FaultException">The repository's record or versions are broken.</exception>
    public static UpgradePlan Of(Paths paths, TemplatePackage package)
    {
        var (versions, changes) = CentralVersions.Raise(File.ReadAllText(paths.Versions), package.Versions, paths.Shown(paths.Versions));
        var record = ShippedFiles.Of(paths);
        var steps = new List<UpgradeStep>();
        var feed = paths.Shown(paths.Feed);
        if (Directory.Exists(paths.Feed))
        {
            steps.AddRange(package.Rooms
                .Where(room => !File.Exists(Path.Combine(paths.Feed, room.Key)))
                .Select(room => new UpgradeStep($"{feed}/{room.Key}", "Added", room.Value)));
        }
        else
        {
            steps.Add(new UpgradeStep(feed, "Kept", null, $"deleted, and stays so; a feed of yours must carry the packages of {package.Version}"));
        }

        steps.AddRange(record.Hashes.Keys.Union(package.Shipped.Hashes.Keys).Order(StringComparer.Ordinal)
            .Select(path => Step(paths, path, record, package)).OfType<UpgradeStep>());
        if (File.ReadAllText(paths.Shipped) != package.Record)
            steps.Add(new UpgradeStep(paths.Shown(paths.Shipped), "Updated", System.Text.Encoding.UTF8.GetBytes(package.Record)));
        if (changes.Count > 0)
            steps.Add(new UpgradeStep(paths.Shown(paths.Versions), "Updated", WithMark(paths.Versions, versions), string.Join(", ", changes)));
        if (Directory.Exists(paths.Feed))
        {
            steps.AddRange(Directory.EnumerateFiles(paths.Feed, "MicroMonitored.*.nupkg").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)
                .Where(file => !package.Rooms.ContainsKey(file))
                .Select(file => new UpgradeStep($"{feed}/{file}", "Removed", null)));
        }

        return new UpgradePlan(Present(paths), package.Version, steps);
    }

    /// <summary>Takes the steps. Cut short, the same upgrade taken again ends it.</summary>
    /// <exception cref="FaultException">A file cannot be written.</exception>
    public void Apply(Paths paths)
    {
        var current = "";
        try
        {
            foreach (var step in Steps)
            {
                current = Path.Combine(paths.Root, step.Target ?? step.Path);
                if (step.Content is { } content)
                    Replace(current, content);
                else if (step.Word == "Removed")
                    File.Delete(current);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FaultException(
                $"{paths.Shown(current)} cannot be written ({exception.Message.TrimEnd('.')}); "
                + "mend that and repeat the same Upgrade, which goes on where this one ended");
        }
    }

    private static UpgradeStep? Step(Paths paths, string path, ShippedFiles record, TemplatePackage package)
    {
        var file = Path.Combine(paths.Stack, path);
        var shown = paths.Shown(file);
        var (before, after) = (record.Hashes.GetValueOrDefault(path), package.Shipped.Hashes.GetValueOrDefault(path));
        var moved = !string.Equals(before, after, StringComparison.OrdinalIgnoreCase);
        if (!File.Exists(file))
            return after is null || (before is not null && !moved) ? null
                : before is null ? new UpgradeStep(shown, "Added", package.Contents[path])
                : new UpgradeStep(shown, "Kept", null, "deleted by you, and stays so");
        var present = File.ReadAllBytes(file);
        if (!moved || ShippedFiles.Is(present, after))
            return null;
        if (after is null)
        {
            return ShippedFiles.Is(present, before)
                ? new UpgradeStep(shown, "Removed", null)
                : new UpgradeStep(shown, "Kept", null, "changed by you, and no longer shipped");
        }

        var note = $"changed by you; the new one is beside it as {Path.GetFileName(file)}{Paths.Waiting}";
        return ShippedFiles.Is(present, before)
            ? new UpgradeStep(shown, "Updated", package.Contents[path])
            : new UpgradeStep(shown, "Kept", package.Contents[path], note, shown + Paths.Waiting);
    }

    private static byte[] WithMark(string file, string text)
        => [.. File.ReadAllBytes(file) is [0xEF, 0xBB, 0xBF, ..] ? new byte[] { 0xEF, 0xBB, 0xBF } : [], .. System.Text.Encoding.UTF8.GetBytes(text)];

    private static void Replace(string file, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var partial = $"{file}.{Environment.ProcessId}";
        File.WriteAllBytes(partial, content);
        File.Move(partial, file, overwrite: true);
    }
}
