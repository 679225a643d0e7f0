namespace Templates.Tests;

/// <summary>The few repositories that are really built and tested: chosen to cover names, templates and surroundings.</summary>
public sealed class BuildTests(InstalledTemplates templates)
{
    [Fact]
    public async Task A_repository_with_an_added_service_and_worker_builds_without_warnings_and_passes_its_tests()
    {
        var repository = await templates.RepositoryAsync("my-shop.class");
        foreach (var (template, name) in new[] { ("micro-monitored-service", "my-shop.class.Billing"), ("micro-monitored-worker", "Mailer") })
        {
            var added = await templates.NewAsync(repository.Folder, template, "-n", name, "--no-restore");
            added.Succeeded();
            Assert.DoesNotContain("failed", added.Output, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Contains("src/my_shop.class_.Billing/my_shop.class_.Billing.csproj", repository.Projects);
        Assert.Contains("tests/Mailer.Tests/Mailer.Tests.csproj", repository.Projects);
        await repository.CheckAsync();
        await BuildAsync(repository);
        foreach (var tests in new[] { "my_shop.class_.Orders", "my_shop.class_.Inventory", "my_shop.class_.Monitoring", "my_shop.class_.Billing", "Mailer" })
            await TestAsync(repository, tests);
    }

    [Fact]
    public async Task A_repository_inside_another_with_its_own_package_management_builds_and_passes_its_tests()
    {
        var outer = templates.Folder();
        await File.WriteAllTextAsync(Path.Combine(outer, "Directory.Packages.props"), """
            <Project>
              <PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup>
              <ItemGroup><PackageVersion Include="xunit" Version="2.0.0" /></ItemGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(outer, "Directory.Build.props"), "<Project><PropertyGroup><LangVersion>7.0</LangVersion></PropertyGroup></Project>");
        (await templates.NewAsync(outer, "micro-monitored", "-n", "Inner", "--services", "one", "--no-restore")).Succeeded();
        var repository = new ScaffoldedRepository(Path.Combine(outer, "Inner"));
        await BuildAsync(repository);
        await TestAsync(repository, "Inner.Orders");
    }

    private static async Task BuildAsync(ScaffoldedRepository repository)
    {
        var built = await Command.RunAsync("dotnet", repository.Folder, "build", repository.Solution, "-nodeReuse:false", "-p:UseSharedCompilation=false");
        built.Succeeded();
        Assert.Contains("0 Warning(s)", built.Output, StringComparison.Ordinal);
    }

    private static async Task TestAsync(ScaffoldedRepository repository, string project)
    {
        var tested = await Command.RunAsync("dotnet", repository.Folder, $"artifacts/bin/{project}.Tests/debug/{project}.Tests.dll");
        tested.Succeeded();
        Assert.Contains("Failed: 0", tested.Output, StringComparison.Ordinal);
    }
}
