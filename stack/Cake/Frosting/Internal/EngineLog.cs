using Cake.Core.Diagnostics;

namespace Cake.Frosting.Internal;

/// <summary>The engine's own log: the host says what failed, in one line, so the engine's remarks about it are kept for <c>diagnostic</c>.</summary>
internal sealed class EngineLog(ICakeLog log) : ICakeLog
{
    public Verbosity Verbosity
    {
        get => log.Verbosity;
        set => log.Verbosity = value;
    }

    public void Write(Verbosity verbosity, LogLevel level, string format, params object[] args)
    {
        if (level <= LogLevel.Error)
            log.Write(Verbosity.Diagnostic, LogLevel.Debug, format, args);
        else
            log.Write(verbosity, level, format, args);
    }
}
