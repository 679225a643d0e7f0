namespace MicroMonitored.Embedded;

/// <summary>The engine as a process. Internal: a test that references this assembly names a Program of its own.</summary>
internal static class Program
{
    private static Task<int> Main(string[] args) => EmbeddedEngine.RunAsync(args);
}
