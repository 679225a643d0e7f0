using System.Runtime.CompilerServices;
using MicroMonitored.Model;
using MicroMonitored.Testing.Recording;
using MicroMonitored.Verification.Contracts;

namespace MicroMonitored.Testing.Assertions;

/// <summary>What the services emit, held against what was committed.</summary>
public sealed class ContractAssertions
{
    private const string Accept = "MICROMONITORED_ACCEPT";
    private readonly RecordedTelemetry _left;
    private readonly RecordedContract _contract;

    internal ContractAssertions(RecordedTelemetry left, RecordedContract contract) => (_left, _contract) = (left, contract);

    /// <summary>
    /// Nothing that the file holds is gone, renamed, retyped or has many values in place of few; what is new breaks nothing. With
    /// <c>MICROMONITORED_ACCEPT=1</c> in the environment, what the services emit is written to the file instead.
    /// </summary>
    /// <param name="file">The file, from the folder of the test's source.</param>
    /// <param name="source">The test's source file.</param>
    public void Match(string file = TelemetryContract.FileName, [CallerFilePath] string source = "")
        => Match(file, source, Environment.GetEnvironmentVariable(Accept) == "1");

    internal void Match(string file, string source, bool accepts)
    {
        var path = Path.GetFullPath(Path.Combine(Path.IsPathRooted(file) ? "" : Folder(source), file));
        if (accepts)
        {
            _left.Expect(snapshot => OfNothing(snapshot, file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, _contract.Text(Schema(path)));
            return;
        }

        if (!File.Exists(path))
            throw new TelemetryException($"{path} is missing; write it with {Accept}=1 in the environment and commit it");
        var locked = Locked(path);
        _left.Expect(snapshot => OfNothing(snapshot, file) ?? Of(ContractComparison.Of(locked, _contract.Of(snapshot)), file));
    }

    private Failure? OfNothing(Snapshot snapshot, string file)
        => snapshot.Spans.Count > 0 ? null : new Failure(Expected(file), "no span of the trace")
        {
            Left = Tree.Of(_left.Recording, snapshot.Spans), Look = () => Diagnosis.OfMissingAsync(_left, "", null),
            Hop = "test → service: nothing was sent under this trace id",
        };

    private static Failure? Of(IReadOnlyList<ContractDifference> differences, string file)
    {
        var breaking = differences.Where(difference => difference.IsBreaking).ToList();
        return breaking.Count == 0 ? null : new Failure(Expected(file), breaking.Count == 1 ? "one difference" : $"{breaking.Count} differences")
        {
            Findings =
            [
                .. breaking.Select(difference => $"{difference.Item.Service}: {difference.Detail}"),
                .. differences.Except(breaking).Select(difference => $"[Added] {difference.Item.Service}: {difference.Detail}"),
            ],
            Next = $"Restore it, or mend what reads it and take it over with {Accept}=1 in the environment.",
        };
    }

    private static string Expected(string file) => $"the services to emit what {file} holds";

    private static TelemetryContract Locked(string path)
    {
        try
        {
            return ContractFile.Read(File.ReadAllText(path), path, $"{Accept}=1 in the environment");
        }
        catch (FaultException fault)
        {
            throw new TelemetryException(fault.Message);
        }
    }

    // A build that is the same everywhere has another root in its paths: /_/tests/Shop.Tests.
    private static string Folder(string source)
    {
        var folder = Path.GetDirectoryName(source) ?? "";
        if (Directory.Exists(folder))
            return folder;
        var below = Path.Combine([.. folder.Split('/', '\\', StringSplitOptions.RemoveEmptyEntries).Skip(1)]);
        return Above(AppContext.BaseDirectory).Select(root => Path.Combine(root, below)).FirstOrDefault(Directory.Exists)
            ?? throw new TelemetryException($"{folder}, the folder of the test's source, is not there; say the file's whole path");
    }

    private static string? Schema(string path)
        => Above(Path.GetDirectoryName(path)!).Select(root => Path.Combine(root, ContractFile.Schema)).FirstOrDefault(File.Exists) is { } schema
            ? Path.GetRelativePath(Path.GetDirectoryName(path)!, schema).Replace('\\', '/') : null;

    private static IEnumerable<string> Above(string folder)
    {
        for (var root = folder; root is not null; root = Path.GetDirectoryName(root))
            yield return root;
    }
}
