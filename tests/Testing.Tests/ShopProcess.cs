using System.Diagnostics;

namespace Testing.Tests;

/// <summary>The shop's service as a process of its own, wired by the standard variables.</summary>
internal sealed class ShopProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ShopProcess(Process process, Uri address) => (_process, Client) = (process, new HttpClient { BaseAddress = address });

    public HttpClient Client { get; }

    public static async Task<ShopProcess> StartAsync(TelemetryFixture telemetry, string role, string defect = "", Uri? inventory = null)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "Shop.dll"), "--urls", "http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true,
        };
        start.UseTelemetry(telemetry);
        (start.Environment["Role"], start.Environment["Defect"], start.Environment["Inventory"]) = (role, defect, inventory?.ToString());
        var process = Process.Start(start)!;
        const string listening = "Now listening on: ";
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.IndexOf(listening, StringComparison.Ordinal) is >= 0 and var at)
            {
                _ = process.StandardOutput.ReadToEndAsync();
                return new ShopProcess(process, new Uri(line[(at + listening.Length)..].Trim()));
            }
        }

        throw new InvalidOperationException($"The shop's {role} ended before it listened.");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}

/// <summary>Orders, which calls inventory: each a process.</summary>
internal sealed class ShopProcesses : IAsyncDisposable
{
    private readonly ShopProcess? _inventory;
    private readonly ShopProcess _orders;

    private ShopProcesses(ShopProcess? inventory, ShopProcess orders) => (_inventory, _orders) = (inventory, orders);

    public HttpClient Client => _orders.Client;

    public static async Task<ShopProcesses> StartAsync(TelemetryFixture telemetry, string defect = "")
    {
        var inventory = defect == "callee unreachable" ? null : await ShopProcess.StartAsync(telemetry, "inventory", defect);
        return new ShopProcesses(inventory, await ShopProcess.StartAsync(telemetry, "orders", defect, inventory?.Client.BaseAddress));
    }

    public async ValueTask DisposeAsync()
    {
        await _orders.DisposeAsync();
        if (_inventory is not null)
            await _inventory.DisposeAsync();
    }
}
