namespace EndToEnd.Tests.Embedded;

/// <summary>One scaffolded repository for all tests of the embedded engine.</summary>
public sealed class EmbeddedRepository : IAsyncLifetime
{
    private readonly ScaffoldedShop _shop = new();

    public ScaffoldedShop Shop => _shop;

    public async ValueTask InitializeAsync() => await _shop.CreateAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _shop.TargetAsync("Teardown", CancellationToken.None, "--purge");
        await _shop.DisposeAsync();
    }
}
