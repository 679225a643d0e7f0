using MicroMonitored.Embedded.Faults;

/// <summary>What a program runs first that is started with <c>DOTNET_STARTUP_HOOKS</c> on this assembly: it can then be broken while it runs.</summary>
internal static class StartupHook
{
    public static void Initialize() => FaultInjector.Attach();
}
