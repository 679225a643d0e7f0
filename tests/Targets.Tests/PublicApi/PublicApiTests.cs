using System.Reflection;
using PublicApiGenerator;

namespace Targets.Tests.PublicApi;

/// <summary>What others may build upon: a change of it is seen here before they see it. MICROMONITORED_APPROVE=1 takes the present one.</summary>
public sealed class PublicApiTests
{
    private static readonly string Approved = Path.Combine(Paths.Of(AppContext.BaseDirectory).Tests, "Targets.Tests", "PublicApi");

    private static readonly bool IsApproving = Environment.GetEnvironmentVariable("MICROMONITORED_APPROVE") == "1";

    private static readonly ApiGeneratorOptions Options = new() { IncludeAssemblyAttributes = false };

    public static TheoryData<string> Rooms
        => [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "MicroMonitored.*.dll").Select(file => Path.GetFileNameWithoutExtension(file)).Order()];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void The_public_surface_is_the_approved_one(string room)
    {
        var file = Path.Combine(Approved, room + ".txt");
        var present = Assembly.Load(room).GeneratePublicApi(Options).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (IsApproving)
            File.WriteAllText(file, present);

        Assert.True(File.Exists(file), $"{file} is missing; run with MICROMONITORED_APPROVE=1 and look at it");
        Assert.Equal(File.ReadAllText(file).ReplaceLineEndings("\n"), present);
    }

    [Fact]
    public void Every_approved_surface_is_of_a_room()
    {
        var rooms = Rooms.Select(row => row.Data).ToHashSet();
        var leftover = Directory.EnumerateFiles(Approved, "*.txt").Where(file => !rooms.Contains(Path.GetFileNameWithoutExtension(file))).ToList();
        if (IsApproving)
            leftover.ForEach(File.Delete);
        else
            Assert.Empty(leftover);
    }
}
