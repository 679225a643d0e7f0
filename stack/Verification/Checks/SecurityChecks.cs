using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Checks;

/// <summary>What must not happen: listening beyond loopback, losing data silently.</summary>
internal static class SecurityChecks
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromMilliseconds(300);

    public static Scope OwnComponents(VerificationRun run) =>
        run.Plan.IsExternal ? Scope.Skip("what the components of a stack count is for those to watch who run it") : Scope.Stack;

    public static Scope PublishedPorts(VerificationRun run) =>
        run.Plan.PublishedPorts.Count == 0 ? Scope.Skip("this stack publishes no port on this machine") : Scope.Stack;

    public static async Task<Outcome> LoopbackAsync(VerificationRun run, string? subject, CancellationToken cancellation)
    {
        var ports = run.Plan.PublishedPorts.OrderBy(port => port.Key, StringComparer.Ordinal).ToList();
        var open = new List<(string Name, int Port, string How)>();
        try
        {
            var listeners = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners();
            open.AddRange(from port in ports
                          from listener in listeners
                          where listener.Port == port.Value && !IPAddress.IsLoopback(Plain(listener.Address))
                          select (port.Key, port.Value, $"listens on {listener.Address}"));
        }
        catch (NetworkInformationException)
        {
            // Without the list of sockets, connecting below is the proof.
        }
        IPAddress[] addresses = [.. NetworkInterface.GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus == OperationalStatus.Up)
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(address => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal)
            .Distinct()];
        var answers = await Task.WhenAll(
            from port in ports from address in addresses select ConnectsAsync(port.Key, port.Value, address, cancellation)).ConfigureAwait(false);
        open.AddRange(answers.OfType<(string, int, string)>());
        if (open.Count == 0)
            return Outcome.Pass($"{ports.Count} published ports listen on loopback only ({addresses.Length} other addresses tried)");
        var first = open[0];
        return Outcome.Fail(
            string.Join("; ", open.Select(port => $"{port.Name} ({port.Port}) {port.How}").Distinct()),
            $"{first.Name} → network",
            $"bind {first.Name} to 127.0.0.1 (bindAddress in stack.json)");
    }

    public static async Task<Outcome> DropsAsync(VerificationRun run, string? subject, CancellationToken cancellation)
    {
        var before = await DropCounters.BaselineAsync(run).ConfigureAwait(false);
        await Traffic.OfAsync(run).ConfigureAwait(false);
        await TraceChecks.SentAsync(run, run.Otlp).ConfigureAwait(false);
        if (run.LogProbe is not null)
            await LogLines.WrittenAsync(run).ConfigureAwait(false);
        if (before.Components.Count == 0)
            return Outcome.Fail("no component shows its own metrics", "verify → /metrics of the components",
                "let Verify reach the components (--target=Up): what they drop is read from their own /metrics");
        await Task.Delay(VerificationRun.Settle + run.Plan.ScrapeInterval, run.Time, cancellation).ConfigureAwait(false);
        var after = await DropCounters.ReadAsync(run, cancellation).ConfigureAwait(false);
        var moved = after.Counters
            .Where(counter => before.Components.Contains(counter.Key[..counter.Key.LastIndexOf(' ')])
                && counter.Value > before.Counters.GetValueOrDefault(counter.Key))
            .Select(counter => (Name: counter.Key, By: counter.Value - before.Counters.GetValueOrDefault(counter.Key)))
            .ToList();
        return moved.Count == 0
            ? Outcome.Pass($"no drop counter moved in {string.Join(", ", after.Components)}")
            : Outcome.Fail(
                string.Join("; ", moved.Select(counter => $"{counter.Name} +{counter.By:0}")),
                moved[0].Name[..moved[0].Name.LastIndexOf(' ')],
                Fix(moved[0].Name[(moved[0].Name.LastIndexOf(' ') + 1)..]));
    }

    private static string Fix(string counter) => DropCounters.OfQueues(counter)
        ? "let the OTLP receiver of the service answer (OTEL_EXPORTER_OTLP_ENDPOINT): its queue is full; or raise OTEL_BSP_MAX_QUEUE_SIZE"
        : $"see the reason label of {counter} and raise that limit, or send less";

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static async Task<(string, int, string)?> ConnectsAsync(string name, int port, IPAddress address, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(ConnectLimit);
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address, port, limit.Token).ConfigureAwait(false);
            return (name, port, $"answers on {address}");
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
