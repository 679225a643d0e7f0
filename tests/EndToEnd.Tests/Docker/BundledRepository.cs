namespace EndToEnd.Tests.Docker;

/// <summary>A scaffolded repository whose images bear names of their own, so that they can be taken away from it alone.</summary>
public sealed class BundledRepository : ShopRepository
{
    private const string Nowhere = "http://127.0.0.1:1";

    protected override void Prepare()
    {
        foreach (var (variable, image) in Shop.Environment.Where(pair => pair.Key.StartsWith("STACK__IMAGES__", StringComparison.Ordinal)).ToList())
        {
            var name = $"{Project}-images/{variable["STACK__IMAGES__".Length..].ToLowerInvariant()}:1";
            DockerMachine.RunAsync(CancellationToken.None, "tag", image, name).GetAwaiter().GetResult().Succeeded();
            Shop.Environment[variable] = name;
        }
    }

    /// <summary>Takes those names from the images.</summary>
    public async Task ForgetImagesAsync()
    {
        var names = await DockerMachine.ListAsync(CancellationToken.None,
            "image", "ls", "--filter", $"reference={Project}-images/*", "--format", "{{.Repository}}:{{.Tag}}");
        if (names.Count > 0)
            await DockerMachine.RunAsync(CancellationToken.None, ["image", "rm", .. names]);
    }

    /// <summary>Leaves every further target without a network and with an empty package cache.</summary>
    public void CutOff()
    {
        foreach (var proxy in (string[])["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"])
            Shop.Environment[proxy] = Nowhere;
        Shop.Environment["NO_PROXY"] = Shop.Environment["no_proxy"] = "localhost,127.0.0.1";
        Shop.Environment["NUGET_PACKAGES"] = Path.Combine(Shop.Folder, "..", "packages");
    }

    protected override async Task CleanAsync() => await ForgetImagesAsync();
}
