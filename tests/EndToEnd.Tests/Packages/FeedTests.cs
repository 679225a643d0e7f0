using System.Text.RegularExpressions;

namespace EndToEnd.Tests.Packages;

/// <summary>The packages in feed/ are found wherever a repository may lie, and from elsewhere once feed/ is gone.</summary>
[Collection("whole stacks, one at a time")]
public sealed class FeedTests(PackedTemplates templates) : IClassFixture<PackedTemplates>
{
    private const string Build = "build/Build.csproj";

    [Fact]
    public async Task An_empty_cache_is_filled_from_the_feed_and_without_the_compiler_of_protocols()
    {
        var shop = templates.Copy();

        (await shop.DotnetAsync("restore", "Shop.slnx")).Succeeded();
        (await shop.DotnetAsync("restore", Build)).Succeeded();

        var restored = Directory.EnumerateDirectories(shop.Cache).Select(Path.GetFileName).ToList();
        Assert.Contains("micromonitored.targets", restored);
        Assert.Contains("micromonitored.embedded", restored);
        Assert.DoesNotContain("grpc.tools", restored);
        Assert.InRange(Directory.EnumerateFiles(Path.Combine(shop.Folder, "feed")).Sum(file => new FileInfo(file).Length), 1, 4 << 20);
        Assert.Contains("[Generated] compose.yaml", (await shop.TargetAsync("Render")).Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_nuget_config_above_changes_nothing()
    {
        var shop = templates.Copy();
        shop.Write("nuget.config", $"<configuration><packageSources><clear />{templates.Sources}</packageSources></configuration>");

        (await shop.DotnetAsync("restore", Build)).Succeeded();
    }

    [Fact]
    public async Task Central_package_management_above_changes_nothing()
    {
        var shop = templates.Copy();
        shop.Write("Directory.Packages.props", """
            <Project>
              <PropertyGroup>
                <ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally>
                <CentralPackageTransitivePinningEnabled>true</CentralPackageTransitivePinningEnabled>
              </PropertyGroup>
              <ItemGroup>
                <GlobalPackageReference Include="Not.On.Any.Feed" Version="1.0.0" />
                <PackageVersion Include="OpenTelemetry.Extensions.Hosting" Version="1.9.0" />
              </ItemGroup>
            </Project>
            """);
        shop.Write(
            "Directory.Build.props",
            "<Project><PropertyGroup><TreatWarningsAsErrors>true</TreatWarningsAsErrors><TargetFramework>net8.0</TargetFramework></PropertyGroup></Project>");

        (await shop.DotnetAsync("restore", Build)).Succeeded();
    }

    [Fact]
    public async Task A_mapping_in_the_way_is_named_and_the_lines_that_are_printed_clear_it()
    {
        var shop = templates.Copy();
        WriteMapping(shop);

        var refused = await shop.TargetAsync("Render");
        Assert.Equal(1, refused.ExitCode);
        var blame = $"The packageSourceMapping of {Path.Combine(shop.Outer, "nuget.config")} makes NuGet pass over feed/.";
        Assert.Contains(blame, refused.Output, StringComparison.Ordinal);

        const string advice = "Put into nuget.config beside build.sh, below <configuration>:";
        var lines = refused.Lines.SkipWhile(line => line != advice).Skip(1).TakeWhile(line => line.StartsWith('<')).ToList();
        Assert.Equal(2, lines.Count);
        shop.Write("Shop/nuget.config", $"<configuration>{string.Concat(lines)}</configuration>");
        (await shop.TargetAsync("Render")).Succeeded();
        Assert.DoesNotContain("package sources", (await shop.TargetAsync("Doctor", "--format=json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_names_a_mapping_that_came_later()
    {
        var shop = templates.Copy();
        (await shop.TargetAsync("Render")).Succeeded();
        var mapping = Path.Combine(shop.Outer, "nuget.config");
        WriteMapping(shop);

        var said = (await shop.TargetAsync("Doctor", "--format=json")).Output;

        Assert.Contains($"the packageSourceMapping of {mapping} makes NuGet pass over feed/", said, StringComparison.Ordinal);
        Assert.Contains("""key=\u0022micromonitored\u0022 value=\u0022feed\u0022""", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_feed_another_feed_gives_the_packages()
    {
        var shop = templates.Copy();
        Directory.Delete(Path.Combine(shop.Folder, "feed"), recursive: true);
        var refused = await shop.TargetAsync("Render");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("There is no feed/ here", refused.Output, StringComparison.Ordinal);

        shop.Write("nuget.config", $"<configuration><packageSources><add key=\"company\" value=\"{templates.Folder}\" /></packageSources></configuration>");
        File.SetLastWriteTimeUtc(Path.Combine(shop.Folder, Build), DateTime.UtcNow);

        (await shop.TargetAsync("Render")).Succeeded();
        Assert.Contains("Already on ", (await shop.TargetAsync("Upgrade")).Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Below_a_standard_gitignore_a_clone_has_everything_that_it_builds_from()
    {
        var shop = templates.Copy();
        await PackedTemplates.DotnetAsync(shop.Outer, "new", "gitignore");
        await GitAsync(shop, "init", "--quiet", "..");
        await GitAsync(shop, "add", "--all", ".");
        var tracked = (await GitAsync(shop, "ls-files")).Lines.Order(StringComparer.Ordinal);
        var made = Directory.EnumerateFiles(shop.Folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
            .Select(file => Path.GetRelativePath(shop.Folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal);
        Assert.Equal(made, tracked);
        await GitAsync(shop, "-c", "user.name=Team", "-c", "user.email=team@example.org", "commit", "--quiet", "--message", "Begin");
        var clone = shop with { Outer = Path.Combine(shop.Outer, "clone") };
        await GitAsync(shop, "clone", "--quiet", "..", clone.Outer);

        (await clone.DotnetAsync("build", "Shop.slnx", "--nologo", "--verbosity", "quiet", "-nodeReuse:false")).Succeeded();
    }

    private void WriteMapping(PackedShop shop)
    {
        var mapping = Regex.Replace(templates.Sources, """<add key="(\w+)"[^>]*>""", """<packageSource key="$1"><package pattern="*" /></packageSource>""");
        shop.Write("nuget.config", $"""
            <configuration>
              <packageSources><clear />{templates.Sources}</packageSources>
              <packageSourceMapping>{mapping}</packageSourceMapping>
            </configuration>
            """);
    }

    private static async Task<CommandResult> GitAsync(PackedShop shop, params string[] arguments)
    {
        var result = await shop.RunAsync("git", arguments);
        result.Succeeded();
        return result;
    }
}
