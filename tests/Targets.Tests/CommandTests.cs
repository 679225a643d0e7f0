using Cake.Core;
using Cake.Core.Configuration;
using Cake.Core.Diagnostics;
using Cake.Core.IO;
using Cake.Core.Tooling;

namespace Targets.Tests;

/// <summary>What a real tool prints is told in full.</summary>
public sealed class CommandTests : ICakeContext
{
    private const int Runs = 300;

    private readonly Globber _globber;
    private readonly FileSystem _files = new();
    private readonly CakeEnvironment _environment = new(new CakePlatform(), new CakeRuntime());

    public CommandTests()
    {
        _globber = new Globber(_files, _environment);
        Configuration = new CakeConfigurationProvider(_files, _environment)
            .CreateConfiguration(_environment.WorkingDirectory, new Dictionary<string, string>());
        Tools = new ToolLocator(_environment, new ToolRepository(_environment), new ToolResolutionStrategy(_files, _environment, _globber, Configuration, Log));
        ProcessRunner = new ProcessRunner(_files, _environment, Log, Tools, Configuration);
    }

    public ICakeLog Log { get; } = new NullLog();

    public ICakeConfiguration Configuration { get; }

    public IToolLocator Tools { get; }

    public IProcessRunner ProcessRunner { get; }

    public IFileSystem FileSystem => _files;

    public ICakeEnvironment Environment => _environment;

    public IGlobber Globber => _globber;

    public ICakeArguments Arguments => throw new NotSupportedException();

    public IRegistry Registry => throw new NotSupportedException();

    public ICakeDataResolver Data => throw new NotSupportedException();

    /// <summary>A tool that ends at once may be gone before its output has been read.</summary>
    [Fact]
    public void Nothing_of_what_a_short_tool_prints_is_lost()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a shell.");
        var arguments = new ProcessArgumentBuilder().Append("-c").AppendQuoted("echo one; echo two >&2");
        for (var run = 0; run < Runs; run++)
            Assert.Equal(["one", "two"], this.Capture("the shell", "sh", arguments));
    }

    [Fact]
    public void A_failure_carries_what_the_tool_said()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a shell.");
        var arguments = new ProcessArgumentBuilder().Append("-c").AppendQuoted("echo told; echo error: why >&2; exit 3");
        for (var run = 0; run < Runs / 10; run++)
            Assert.Equal($"the shell failed (sh exit code 3):{System.Environment.NewLine}error: why",
                Assert.Throws<CakeException>(() => this.Capture("the shell", "sh", arguments)).Message);
    }
}
