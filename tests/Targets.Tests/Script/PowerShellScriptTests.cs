using System.Runtime.InteropServices;

namespace Targets.Tests.Script;

/// <summary><c>build.ps1</c> does what <c>build.sh</c> does; run wherever there is a <c>pwsh</c>.</summary>
public sealed class PowerShellScriptTests : IDisposable
{
    private const string Building = "Building the build...";

    private readonly ScriptRepository _repository = Create();

    public void Dispose() => _repository.Dispose();

    [Fact]
    public async Task It_compiles_when_a_source_has_changed_and_only_then()
    {
        Assert.Equal([Building], (await _repository.RunAsync("--target=Up")).Error);
        Assert.Empty((await _repository.RunAsync("--target=Up")).Error);
        _repository.Write("repo/stack/stack.json", "changed");
        _repository.Write("repo/stack/assets/loki.yaml", "changed");
        Assert.Empty((await _repository.RunAsync("--target=Up")).Error);
        _repository.Write("repo/stack/Model/Model.cs", "changed");
        Assert.Equal([Building], (await _repository.RunAsync("--target=Up")).Error);

        var builds = await File.ReadAllLinesAsync(_repository.PathOf("sdk/builds"), TestContext.Current.CancellationToken);
        Assert.Equal(2, builds.Length);
        Assert.All(builds, build => Assert.Contains("-nodeReuse:false -p:RunAnalyzers=false", build, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Arguments_and_the_exit_code_pass_untouched()
    {
        string[] hostile =
        [
            "Up", "--help", "--exit=42", "", " ", "a b", "--name=", "--name=a=b", "--x=\"quoted\"", "it's", "$HOME", "$(touch /tmp/never)", "`id`", "a;b",
            "a|b", "a,b", "*", "~", "\\", "\\n", "%PATH%", "!x", "한글",
            "--settings=C:\\a b\\stack.json", "http://localhost:3000", "line\nbreak",
        ];

        var run = await _repository.RunAsync(hostile);

        Assert.Equal(42, run.ExitCode);
        Assert.Equal($"count={hostile.Length}", run.Output[1]);
        Assert.Equal(string.Join('\n', hostile.Select(a => $"arg=<{a}>")), string.Join('\n', run.Output.Skip(2)));
    }

    [Fact]
    public async Task What_it_prints_reaches_the_next_command_of_a_pipeline()
    {
        var run = await _repository.RunPipedAsync("ForEach-Object { \"<$_>\" }", "--exit=3", "a,b");

        Assert.Equal(3, run.ExitCode);
        Assert.Equal([$"<cwd={Path.GetDirectoryName(_repository.PathOf("repo"))}>", "<count=2>", "<arg=<--exit=3>>", "<arg=<a,b>>"], run.Output);
    }

    [Fact]
    public async Task Runs_at_the_same_time_compile_once()
    {
        _repository.Write("sdk/slow", "");

        var runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => _repository.RunAsync($"--run={i}")));

        Assert.All(runs, run => Assert.Equal(0, run.ExitCode));
        Assert.Equal(1, _repository.Builds);
    }

    [Fact]
    public async Task What_keeps_it_from_compiling_is_said()
    {
        _repository.Write("sdk/broken", "");
        var broken = await _repository.RunAsync();
        Assert.Equal(1, broken.ExitCode);
        Assert.Equal([Building, "Program.cs(1,1): error CS1002: ; expected", "Error: the build does not compile"], broken.Error);

        File.Delete(_repository.PathOf("sdk/sdk"));
        _repository.Write("sdk/sdks", "9.0.100 [/usr/share/dotnet/sdk]\n");
        var old = await _repository.RunAsync();
        Assert.Equal(1, old.ExitCode);
        Assert.Equal(["Error: the .NET SDK 10.0.100 or a later 10.x is needed, found 9.0.100: install it from https://dot.net/download"], old.Error);

        _repository.WithoutSdk = true;
        var none = await _repository.RunAsync();
        Assert.Equal(1, none.ExitCode);
        Assert.Equal(["Error: 'dotnet' is not on PATH: install the .NET SDK 10.0.100 or a later 10.x from https://dot.net/download"], none.Error);
    }

    private static ScriptRepository Create()
    {
        Assert.SkipWhen(RuntimeInformation.IsOSPlatform(OSPlatform.Windows), "the stand-in for the SDK is a bash script.");
        Assert.SkipWhen(ScriptRepository.ToolPath("pwsh") is null, "there is no PowerShell (pwsh) here.");
        return new ScriptRepository("build.ps1");
    }
}
