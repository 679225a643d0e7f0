namespace EndToEnd.Tests.Services;

/// <summary>What becomes of the log lines of a service under load when it goes on, is asked to end, or is killed.</summary>
public sealed class LogDurabilityTests
{
    private const int Lines = 500_000;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Half_a_million_lines_written_under_load_are_each_in_the_files_once()
    {
        using var limit = new CancellationTokenSource(Limit);
        await using var service = await LoggingService.StartAsync(limit.Token);
        var answered = await service.WriteAsync(Lines, limit.Token);
        await service.EndAsync(limit.Token);

        Assert.Equal(Lines, answered.Count);
        Assert.True(service.Files > 1);
        Assert.Equal(Enumerable.Range(0, Lines), Numbers(service.Lines()).Order());
    }

    [Fact]
    public async Task Lines_of_answered_requests_survive_a_SIGTERM_in_the_middle()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        using var limit = new CancellationTokenSource(Limit);
        await using var service = await LoggingService.StartAsync(limit.Token);
        var writing = service.WriteAsync(Lines, limit.Token);
        await UntilRolledAsync(service, limit.Token);
        service.Terminate();
        var answered = await writing;
        await service.ExitAsync(limit.Token);

        Assert.InRange(answered.Count, 1, Lines - 1);
        var written = Numbers(service.Lines());
        Assert.Equal(written.Count, written.Distinct().Count());
        Assert.Empty(answered.Except(written));
    }

    [Fact]
    public async Task A_SIGKILL_in_the_middle_leaves_at_most_one_torn_line_and_that_is_the_last()
    {
        using var limit = new CancellationTokenSource(Limit);
        await using var service = await LoggingService.StartAsync(limit.Token);
        var writing = service.WriteAsync(Lines, limit.Token);
        await UntilRolledAsync(service, limit.Token);
        service.Kill();
        await service.ExitAsync(limit.Token);
        var answered = await writing;

        Assert.InRange(answered.Count, 1, Lines - 1);
        var lines = service.Lines().ToList();
        var written = Numbers(lines.SkipLast(1));
        Assert.NotEmpty(written);
        Assert.Equal(written.Count, written.Distinct().Count());
    }

    [Fact]
    public async Task Several_processes_of_one_service_on_one_folder_lose_and_tear_nothing()
    {
        const int each = 100_000;
        using var limit = new CancellationTokenSource(Limit);
        await using var first = await LoggingService.StartAsync(limit.Token);
        await using var second = await LoggingService.StartAsync(limit.Token, first);
        await using var third = await LoggingService.StartAsync(limit.Token, first);
        var answered = await Task.WhenAll(
            first.WriteAsync(each, limit.Token), second.WriteAsync(each, limit.Token, each), third.WriteAsync(each, limit.Token, 2 * each));
        foreach (var service in new[] { first, second, third })
            await service.EndAsync(limit.Token);

        Assert.Equal(3 * each, answered.Sum(lines => lines.Count));
        Assert.True(first.Files > 1);
        Assert.Equal(Enumerable.Range(0, 3 * each), Numbers(first.Lines()).Order());
    }

    [Fact]
    public async Task A_killed_process_costs_its_neighbour_on_the_same_folder_nothing()
    {
        const int each = 100_000;
        using var limit = new CancellationTokenSource(Limit);
        await using var survivor = await LoggingService.StartAsync(limit.Token);
        await using var killed = await LoggingService.StartAsync(limit.Token, survivor);
        var writing = Task.WhenAll(survivor.WriteAsync(each, limit.Token), killed.WriteAsync(Lines, limit.Token, each));
        await UntilRolledAsync(survivor, limit.Token);
        killed.Kill();
        await writing;
        await survivor.EndAsync(limit.Token);

        var torn = 0;
        var written = survivor.Lines().Select(line => Try(line, ref torn)).OfType<int>().Where(number => number < each).Order();
        Assert.Equal(Enumerable.Range(0, each), written);
        Assert.InRange(torn, 0, 1);
    }

    private static int? Try(string line, ref int torn)
    {
        try
        {
            return LoggingService.Number(line);
        }
        catch (System.Text.Json.JsonException)
        {
            torn++;
            return null;
        }
    }

    private static List<int> Numbers(IEnumerable<string> lines) => [.. lines.Select(LoggingService.Number).OfType<int>()];

    private static async Task UntilRolledAsync(LoggingService service, CancellationToken cancellationToken)
    {
        while (service.Files < 2)
            await Task.Delay(20, cancellationToken);
    }
}
