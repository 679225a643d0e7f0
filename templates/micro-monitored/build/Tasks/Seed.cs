using System.Net.Http.Json;
using Cake.Core;
using Cake.Frosting;
using MicroMonitored.Targets;
using Spectre.Console;

namespace Build.Tasks;

/// <summary>A target of your own: change it, or copy it for the next one.</summary>
[TaskName(nameof(Seed))]
[TaskDescription("Sends a minute of varied traffic, so that the dashboards have something to show.")]
public sealed class Seed : AsyncFrostingTask<BuildContext>
{
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);

    /// <summary>What is sent, in turn: orders that are placed, and now and then one that is refused, invalid, slow, not found or failing.</summary>
    private static readonly IReadOnlyList<Func<HttpClient, Task<HttpResponseMessage>>> Traffic =
    [
        Order("apple", 1), Order("pear", 2), client => client.GetAsync("/orders"), Order("apple", 3),
        Order("plum", 1), Order("pear", 1), Order("apple", 60), Order("apple", 2),
        client => client.GetAsync($"/orders/{Guid.Empty}"), Order("pear", 3), Order("apple", 0), client => client.GetAsync("/fault"),
    ];

    public override async Task RunAsync(BuildContext context)
    {
        var orders = context.Services.FirstOrDefault(service => service.Name.EndsWith("orders", StringComparison.Ordinal))
            ?? throw new CakeException("no service is called orders; change build/Tasks/Seed.cs to what your services answer");
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{orders.Port}"), Timeout = TimeSpan.FromSeconds(10) };
        var answers = new SortedDictionary<int, int>();
        await context.Terminal.Progress().StartAsync(async progress =>
        {
            var bar = progress.AddTask("sending", maxValue: Length / Pause);
            while (!bar.IsFinished)
            {
                using var answer = await SendAsync(Traffic[(int)bar.Value % Traffic.Count], client, orders.Name);
                var status = (int)answer.StatusCode;
                answers[status] = answers.GetValueOrDefault(status) + 1;
                bar.Increment(1);
                await Task.Delay(Pause);
            }
        });
        context.Say($"Sent to {orders.Name}: {string.Join(", ", answers.Select(answer => $"{answer.Value} answered {answer.Key}"))}.");
    }

    private static async Task<HttpResponseMessage> SendAsync(Func<HttpClient, Task<HttpResponseMessage>> request, HttpClient client, string service)
    {
        try
        {
            return await request(client);
        }
        catch (HttpRequestException exception)
        {
            throw new CakeException($"{service} does not answer at {client.BaseAddress} ({exception.Message}); start it with ./build.sh --target=Up");
        }
    }

    private static Func<HttpClient, Task<HttpResponseMessage>> Order(string sku, int quantity)
        => client => client.PostAsJsonAsync("/orders", new { sku, quantity });
}
