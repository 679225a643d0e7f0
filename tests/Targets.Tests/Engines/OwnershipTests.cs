using MicroMonitored.Model;
using MicroMonitored.Targets.Tasks;

namespace Targets.Tests.Engines;

/// <summary>What one checkout has started, another one with the same names leaves alone.</summary>
public sealed class OwnershipTests : IDisposable
{
    private readonly SimulatedStack _stack = new();
    private readonly Paths _copy = new(Directory.CreateTempSubdirectory("simulated-copy-").FullName);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _stack.Dispose();
        Directory.Delete(_copy.Root, recursive: true);
    }

    [Fact]
    public async Task A_copy_of_a_running_checkout_owns_nothing_of_it()
    {
        await new Up().RunAsync(_stack.Context(("engine", "docker")));
        Copy();
        _stack.CommandLines();

        Assert.Null(EngineSelection.Recorded(_stack.Context(_copy)));
        await new Teardown().RunAsync(_stack.Context(_copy, ("purge", null)));

        Assert.Contains($"This folder is a copy of {_stack.Paths.Root}: what runs there and what it has stored stay.", _stack.Said, StringComparison.Ordinal);
        Assert.DoesNotContain(_stack.CommandLines(), Changes);
        Assert.Equal("docker", EngineSelection.Recorded(_stack.Context())?.Name);
        Assert.NotEmpty(_stack.Engine().Containers());
    }

    [Fact]
    public async Task Another_clone_with_the_same_names_owns_nothing_of_it()
    {
        await new Up().RunAsync(_stack.Context(("engine", "docker")));
        Copy();
        Directory.Delete(_copy.Artifacts, recursive: true);
        _stack.CommandLines();

        await new Teardown().RunAsync(_stack.Context(_copy, ("purge", null)));

        Assert.Contains(
            $"The project sample-micro-app belongs to {_stack.Paths.Root}: nothing of it is touched from here.", _stack.Said, StringComparison.Ordinal);
        Assert.DoesNotContain(_stack.CommandLines(), Changes);
    }

    [Fact]
    public async Task Up_of_a_copy_names_the_checkout_that_has_the_project()
    {
        await new Up().RunAsync(_stack.Context(("engine", "docker")));
        Copy();

        var refused = await Assert.ThrowsAsync<FaultException>(() => new Up().RunAsync(_stack.Context(_copy, ("engine", "docker"))));

        Assert.Equal(
            $"the project sample-micro-app is up from {_stack.Paths.Root}; "
            + "run Teardown there, or give this repository another names.project and other ports in stack/stack.json",
            refused.Message);
        Assert.Null(EngineSelection.Recorded(_stack.Context(_copy)));
        Assert.Equal(_stack.Paths.Root, Ownership.Original(_copy));
    }

    [Fact]
    public async Task A_copy_leaves_the_data_that_its_original_has_kept()
    {
        await new Up().RunAsync(_stack.Context(("engine", "docker")));
        await new Teardown().RunAsync(_stack.Context());
        Copy();
        _stack.CommandLines();

        await new Teardown().RunAsync(_stack.Context(_copy, ("purge", null)));

        Assert.DoesNotContain(_stack.CommandLines(), Changes);
    }

    [Fact]
    public async Task A_checkout_that_was_moved_still_owns_its_stack()
    {
        await new Up().RunAsync(_stack.Context(("engine", "docker")));
        Copy();
        File.Delete(_stack.Paths.Settings);

        Assert.Equal("docker", EngineSelection.Recorded(_stack.Context(_copy))?.Name);
        await new Teardown().RunAsync(_stack.Context(_copy));

        Assert.Contains("Removed: prometheus, ", _stack.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shared_log_volume_stays_while_another_project_has_data()
    {
        _stack.Variables["STACK__NAMES__PROJECT"] = "shop";
        await _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation);
        _stack.Docker.Sharers.AddRange(["billing-monitoring", "shop-monitoring", "billing-monitoring"]);

        Assert.DoesNotContain("volume sample-micro-app_microservices_logs", await _stack.Engine().TeardownAsync(purge: true, Cancellation));

        Assert.Contains(
            "The volume sample-micro-app_microservices_logs stays: billing-monitoring kept data here and may have lines in it; "
            + "the last Teardown --purge removes it.",
            _stack.Said,
            StringComparison.Ordinal);
        _stack.Docker.Sharers.Clear();
        Assert.Contains("volume sample-micro-app_microservices_logs", await _stack.Engine().TeardownAsync(purge: true, Cancellation));
    }

    [Fact]
    public async Task In_a_volume_that_bears_another_name_a_project_keeps_to_a_folder_of_its_own()
    {
        _stack.Variables["STACK__NAMES__PROJECT"] = "shop";
        await _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation);

        Assert.Contains(_stack.CommandLines(), line => line.Contains(
            "\"mkdir -p /var/log/microservices/shop && chmod 1777 /var/log/microservices/shop && find /var/log/microservices/shop ", StringComparison.Ordinal));

        _stack.Docker.LogFiles.AddRange(["/var/log/microservices/shop/orders.log", "/var/log/microservices/billing/billing.log"]);
        await _stack.Engine().TeardownAsync(purge: true, Cancellation);
        Assert.Contains("The volume sample-micro-app_microservices_logs stays: billing kept data here", _stack.Said, StringComparison.Ordinal);
        Assert.Contains(_stack.CommandLines(), line => line.EndsWith("-c \"rm -rf /var/log/microservices/shop\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_project_whose_name_the_volume_bears_deletes_its_own_lines_and_no_others()
    {
        await _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation);
        _stack.Docker.LogFiles.AddRange(["/var/log/microservices/orders.log", "/var/log/microservices/shop/orders.log"]);

        Assert.DoesNotContain("volume sample-micro-app_microservices_logs", await _stack.Engine().TeardownAsync(purge: true, Cancellation));

        Assert.Contains("The volume sample-micro-app_microservices_logs stays: shop kept data here", _stack.Said, StringComparison.Ordinal);
        Assert.Contains(_stack.CommandLines(),
            line => line.EndsWith("-c \"find /var/log/microservices -xdev -maxdepth 1 -type f -delete\"", StringComparison.Ordinal));
        _stack.Docker.LogFiles.RemoveAt(1);
        _stack.Docker.Failures["/bin/find"] = "no such image";
        Assert.DoesNotContain("volume sample-micro-app_microservices_logs", await _stack.Engine().TeardownAsync(purge: true, Cancellation));
        _stack.Docker.Failures.Clear();
        Assert.Contains("volume sample-micro-app_microservices_logs", await _stack.Engine().TeardownAsync(purge: true, Cancellation));
    }

    private static bool Changes(string line)
        => new[] { " down", " rm ", " create ", " up ", " kill " }.Any(word => line.Contains(word, StringComparison.Ordinal));

    private void Copy()
    {
        foreach (var file in Directory.EnumerateFiles(_stack.Paths.Root, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_copy.Root, Path.GetRelativePath(_stack.Paths.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
