namespace EndToEnd.Tests.Docker;

/// <summary>A scaffolded repository whose services are taken out: the monitoring stack alone.</summary>
public sealed class BareStackRepository : ShopRepository
{
    protected override void Prepare() => Directory.Delete(Path.Combine(Shop.Folder, "src"), recursive: true);
}
