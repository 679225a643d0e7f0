using System.Text.Json;

namespace EndToEnd.Tests.Embedded;

/// <summary>A folder that was copied while its stack ran, and one that was moved.</summary>
[Collection("whole stacks, one at a time")]
public sealed class CopiedFolderTests : IAsyncLifetime
{
    private readonly ScaffoldedShop _shop = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Copy => _shop.Folder + "-copy";

    private string Moved => _shop.Folder + "-moved";

    public async ValueTask InitializeAsync() => await _shop.CreateAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        foreach (var folder in new[] { _shop.Folder, Moved }.Where(Directory.Exists))
            await TargetAsync(folder, "Teardown", CancellationToken.None, "--purge");
        await _shop.DisposeAsync();
    }

    [Fact]
    public async Task A_copy_owns_nothing_and_a_moved_folder_all_that_it_had()
    {
        (await TargetAsync(_shop.Folder, "Up", Cancellation, "--engine=embedded")).Succeeded();
        (await CommandLine.RunAsync("cp", ["-r", _shop.Folder, Copy], "/", null, TimeSpan.FromMinutes(1), Cancellation)).Succeeded();

        Assert.All(await StatesAsync(Copy), state => Assert.Equal("down", state));
        var refused = await TargetAsync(Copy, "Up", Cancellation, "--engine=embedded");
        Assert.True(refused.ExitCode == 1, refused.ToString());
        Assert.Contains($"of the stack that runs from {_shop.Folder}; end it or set another port", refused.Output, StringComparison.Ordinal);
        var teardown = (await TargetAsync(Copy, "Teardown", Cancellation, "--purge")).Succeeded();
        Assert.Contains($"This folder is a copy of {_shop.Folder}", teardown, StringComparison.Ordinal);
        Assert.All(await StatesAsync(_shop.Folder), state => Assert.Equal("ready", state));

        Directory.Move(_shop.Folder, Moved);
        Assert.Contains("Removed: ", (await TargetAsync(Moved, "Teardown", Cancellation)).Succeeded(), StringComparison.Ordinal);
        Assert.All(_shop.Ports, port => Assert.True(ScaffoldedShop.IsFree(port), $"port {port} is still in use"));
    }

    private async Task<IReadOnlyList<string>> StatesAsync(string folder)
    {
        var status = (await TargetAsync(folder, "Status", Cancellation, "--format=json")).Succeeded();
        using var components = JsonDocument.Parse(status[status.IndexOf('[', StringComparison.Ordinal)..]);
        return [.. components.RootElement.EnumerateArray().Select(component => component.GetProperty("state").GetString()!)];
    }

    private Task<CommandResult> TargetAsync(string folder, string target, CancellationToken cancellation, params string[] arguments)
        => CommandLine.RunAsync(
            "bash", [Path.Combine(folder, "build.sh"), $"--target={target}", .. arguments], folder, _shop.Environment, TimeSpan.FromMinutes(5), cancellation);
}
