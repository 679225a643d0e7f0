using System.Runtime.InteropServices;

namespace Targets.Tests.Script;

public sealed class BuildScriptTests : IDisposable
{
    private const string Building = "Building the build…";

    private readonly ScriptRepository _repository = Create();

    public void Dispose() => _repository.Dispose();

    [Fact]
    public async Task The_first_run_compiles_in_one_line_and_the_next_one_does_not()
    {
        var first = await _repository.RunAsync("--target=Up");
        var second = await _repository.RunAsync("--target=Up");

        Assert.Equal([Building], first.Error);
        Assert.Empty(second.Error);
        Assert.Contains("arg=<--target=Up>", second.Output);
        Assert.DoesNotContain(first.Output, line => line.Contains("nobody wants", StringComparison.Ordinal));
        Assert.Equal(1, _repository.Builds);
    }

    [Fact]
    public async Task Arguments_pass_untouched()
    {
        string[] hostile =
        [
            "Up", "--help", "", " ", "a b", "--name=", "--name=a=b", "--x=\"quoted\"", "it's", "$HOME", "$(touch /tmp/never)", "`id`", "a;b", "a|b", "*", "~",
            "\\", "\\n", "%PATH%", "!x", "한글", "--", "-", "line\nbreak", "tab\there",
        ];

        var run = await _repository.RunAsync(hostile);

        Assert.Equal($"count={hostile.Length}", run.Output[1]);
        Assert.Equal(string.Join('\n', hostile.Select(a => $"arg=<{a}>")), string.Join('\n', run.Output.Skip(2)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(42)]
    [InlineData(255)]
    public async Task The_exit_code_passes_through(int code) => Assert.Equal(code, (await _repository.RunAsync($"--exit={code}")).ExitCode);

    [Fact]
    public async Task The_callers_directory_stays_the_callers()
    {
        var elsewhere = Directory.CreateDirectory(_repository.PathOf("else where")).FullName;

        Assert.Equal("cwd=" + elsewhere, (await _repository.RunInAsync(elsewhere)).Output[0]);
    }

    [Theory]
    [InlineData("repo/build/Program.cs")]
    [InlineData("repo/stack/Model/Model.cs")]
    [InlineData("repo/Directory.Build.props")]
    [InlineData("repo/global.json")]
    public async Task A_touched_source_compiles_again(string source)
    {
        await _repository.RunAsync();
        await Tick();
        File.SetLastWriteTimeUtc(_repository.PathOf(source), DateTime.UtcNow);

        Assert.Equal([Building], (await _repository.RunAsync()).Error);
        Assert.Empty((await _repository.RunAsync()).Error);
        Assert.Equal(2, _repository.Builds);
    }

    [Fact]
    public async Task A_source_replaced_by_an_older_one_compiles_again()
    {
        await _repository.RunAsync();
        await Tick();
        _repository.Write("repo/stack/Model/Model.cs", "other");
        File.SetLastWriteTimeUtc(_repository.PathOf("repo/stack/Model/Model.cs"), DateTime.UtcNow.AddDays(-2));

        Assert.Equal([Building], (await _repository.RunAsync()).Error);
    }

    [Fact]
    public async Task A_source_that_comes_or_goes_compiles_again()
    {
        await _repository.RunAsync();
        File.Delete(_repository.PathOf("repo/build/Tasks/Up.cs"));
        await _repository.RunAsync();
        _repository.Write("repo/build/Tasks/Down.cs", "down");
        await _repository.RunAsync();
        await _repository.RunAsync();

        Assert.Equal(3, _repository.Builds);
    }

    [Theory]
    [InlineData("repo/stack/stack.json")]
    [InlineData("repo/stack/assets/loki.yaml")]
    [InlineData("repo/build/README.md")]
    [InlineData("repo/src/Shop/Program.cs")]
    public async Task What_is_read_when_it_runs_compiles_nothing(string file)
    {
        await _repository.RunAsync();
        await Tick();
        _repository.Write(file, "changed");

        Assert.Empty((await _repository.RunAsync()).Error);
        Assert.Equal(1, _repository.Builds);
    }

    [Fact]
    public async Task A_source_that_changes_while_compiling_compiles_again()
    {
        _repository.Write("sdk/slow", "");
        var first = _repository.RunAsync();
        while (_repository.Builds == 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        _repository.Write("repo/stack/Model/Model.cs", "changed meanwhile");
        await first;

        await _repository.RunAsync();
        await _repository.RunAsync();

        Assert.Equal(2, _repository.Builds);
    }

    [Fact]
    public async Task Runs_at_the_same_time_compile_once()
    {
        _repository.Write("sdk/slow", "");

        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => _repository.RunAsync($"--run={i}")));

        Assert.All(runs, run => Assert.Equal(0, run.ExitCode));
        Assert.Equal(1, _repository.Builds);
    }

    [Fact]
    public async Task A_build_that_does_not_compile_shows_why_and_is_tried_again()
    {
        _repository.Write("sdk/broken", "");
        var broken = await _repository.RunAsync();

        Assert.Equal(1, broken.ExitCode);
        Assert.Equal([Building, "Program.cs(1,1): error CS1002: ; expected", "Error: the build does not compile"], broken.Error);
        Assert.Empty(broken.Output);

        File.Delete(_repository.PathOf("sdk/broken"));
        Assert.Equal(0, (await _repository.RunAsync()).ExitCode);
    }

    [Fact]
    public async Task A_missing_sdk_is_one_line_with_the_fix()
    {
        _repository.WithoutSdk = true;

        var run = await _repository.RunAsync("--target=Up");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["Error: 'dotnet' is not on PATH: install the .NET SDK 10.0.100 or a later 10.x from https://dot.net/download"], run.Error);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task A_too_old_sdk_is_one_line_with_the_fix()
    {
        File.Delete(_repository.PathOf("sdk/sdk"));
        _repository.Write("sdk/sdks", "8.0.404 [/usr/share/dotnet/sdk]\n9.0.100 [/usr/share/dotnet/sdk]\n");

        var run = await _repository.RunAsync();

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["Error: the .NET SDK 10.0.100 or a later 10.x is needed, found 8.0.404 9.0.100: install it from https://dot.net/download"], run.Error);
        Assert.Equal(0, _repository.Builds);
    }

    [Fact]
    public async Task A_checkout_that_cannot_be_written_is_one_line()
    {
        _repository.Write("repo/artifacts", "in the way");

        var run = await _repository.RunAsync();

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"Error: cannot write to {_repository.PathOf("repo/artifacts/bin/Build/release")}", Assert.Single(run.Error),
            StringComparison.Ordinal);
        Assert.Equal(0, _repository.Builds);
    }

    [Fact]
    public async Task No_build_node_is_left_running_by_a_compilation()
    {
        await _repository.RunAsync();

        var build = Assert.Single(await File.ReadAllLinesAsync(_repository.PathOf("sdk/builds"), TestContext.Current.CancellationToken));
        Assert.Contains("-nodeReuse:false", build, StringComparison.Ordinal);
    }

    private static ScriptRepository Create()
    {
        Assert.SkipWhen(RuntimeInformation.IsOSPlatform(OSPlatform.Windows), "build.sh is for Unix shells; Windows uses build.ps1.");
        return new ScriptRepository("build.sh");
    }

    // File systems tell times apart only by their clock's tick.
    private static Task Tick() => Task.Delay(30, TestContext.Current.CancellationToken);
}
