namespace Templates.Tests;

public sealed class NameTests(InstalledTemplates templates)
{
    [Theory]
    [InlineData("Shop", "Shop")]
    [InlineData("Shop2", "Shop2")]
    [InlineData("Acme.Shop", "Acme.Shop")]
    [InlineData("my-shop", "my_shop")]
    [InlineData("class", "class_")]
    [InlineData("Acme.event", "Acme.event_")]
    [InlineData("Task", "Task_")]
    [InlineData("한글상점", "한글상점")]
    [InlineData("दुकान", "दुकान")]
    [InlineData("2Shop", "_2Shop")]
    [InlineData("My Shop", "My_Shop")]
    [InlineData("Acme.2 go", "Acme._2_go")]
    [InlineData("a+b & c#d", "a_b___c_d")]
    public async Task A_usable_name_becomes_one_form_that_fits_namespaces_and_files(string name, string form)
    {
        var repository = await templates.RepositoryAsync(name);
        Assert.Equal($"{form}.slnx", Path.GetFileName(repository.Solution));
        Assert.Contains($"namespace {form}.Orders;", repository.Read($"src/{form}.Orders/Order.cs"), StringComparison.Ordinal);
        Assert.Contains($"<MonitoredCalls>{form}.Inventory<", repository.Read($"src/{form}.Orders/{form}.Orders.csproj"), StringComparison.Ordinal);
        await repository.CheckAsync();
    }

    public static TheoryData<string> Hostile =>
    [
        "1 bad; name", "$(touch pwned)", "`touch pwned`", "a\"b", "a'b", "a(b)", "two\nlines", "a\tb", "a:b", "a%20b", "a|b", "a$b", "a,b", "{{x}}", "..", ".a",
        "a.", "a..b", "a. b", "a/../../b",
        "_", "con", "NUL.Shop", "🙂", new string('a', 200),
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_name_is_refused_with_one_clear_line_and_nothing_is_written(string name)
    {
        var folder = templates.Folder();
        var outcome = await templates.NewAsync(folder, "micro-monitored", "-n", name, "--no-restore");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Single(outcome.Errors.Split('\n'), line => line.Contains("refused", StringComparison.Ordinal)
            || line.Contains("cannot contain", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_name_that_looks_like_an_option_is_refused()
    {
        var folder = templates.Folder();
        var outcome = await templates.NewAsync(folder, "micro-monitored", "-n", "--evil", "--no-restore");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Empty(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("--network", "a b")]
    [InlineData("--network", "x\",\"y\":\"z")]
    [InlineData("--logs-volume", "$(touch pwned)")]
    [InlineData("--ports-base", "80")]
    [InlineData("--ports-base", "65000")]
    [InlineData("--ports-base", "20050")]
    public async Task A_value_that_does_not_fit_is_refused_by_its_option_and_nothing_is_written(string option, string value)
    {
        var folder = templates.Folder();
        var outcome = await templates.NewAsync(folder, "micro-monitored", "-n", "Shop", "--no-restore", option, value);
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains($"This {option} is refused", outcome.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories));
    }
}
