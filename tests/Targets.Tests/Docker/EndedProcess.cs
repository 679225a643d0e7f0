using Cake.Core.IO;

namespace Targets.Tests.Docker;

/// <summary>A process that has said its lines and ended.</summary>
internal sealed class EndedProcess(int code, IReadOnlyList<string> output) : IProcess
{
    public void WaitForExit()
    {
    }

    public bool WaitForExit(int milliseconds) => true;

    public int GetExitCode() => code;

    public IEnumerable<string> GetStandardError() => [];

    public IEnumerable<string> GetStandardOutput() => output;

    public void Kill()
    {
    }

    public void Dispose()
    {
    }
}
