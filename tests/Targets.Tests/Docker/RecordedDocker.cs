using Cake.Core;
using Cake.Core.Configuration;
using Cake.Core.Diagnostics;
using Cake.Core.IO;
using Cake.Core.Tooling;

namespace Targets.Tests.Docker;

/// <summary>A context whose processes are only written down: the exact command lines, and canned answers.</summary>
internal sealed class RecordedDocker : ICakeContext, IProcessRunner, IToolLocator
{
    private readonly List<string> _commandLines = [];

    public IReadOnlyList<string> CommandLines => _commandLines;

    public string[] StandardOutput { get; init; } = [];

    public int ExitCode { get; init; }

    public bool Installed { get; init; } = true;

    public IFileSystem FileSystem { get; } = new FileSystem();

    public ICakeEnvironment Environment { get; } = new CakeEnvironment(new CakePlatform(), new CakeRuntime());

    public IProcessRunner ProcessRunner => this;

    public IToolLocator Tools => this;

    public ICakeLog Log => throw new NotSupportedException();

    public IGlobber Globber => throw new NotSupportedException();

    public ICakeArguments Arguments => throw new NotSupportedException();

    public IRegistry Registry => throw new NotSupportedException();

    public ICakeDataResolver Data => throw new NotSupportedException();

    public ICakeConfiguration Configuration => throw new NotSupportedException();

    public IProcess Start(FilePath filePath, ProcessSettings settings)
    {
        _commandLines.Add($"{filePath.GetFilename()} {settings.Arguments.Render()}");
        return new EndedProcess(ExitCode, StandardOutput);
    }

    public FilePath Resolve(string tool) => Resolve([tool]);

    public FilePath Resolve(IEnumerable<string> toolExeNames) => Installed ? $"/usr/bin/{toolExeNames.First()}" : null!;

    public void RegisterFile(FilePath path)
    {
    }
}
