namespace MicroMonitored.Targets.Engines.Embedded;

/// <summary>The embedded engine's program: its package lies beside this build, which is not a part of it.</summary>
internal static class EngineProgram
{
    private const string Assembly = "MicroMonitored.Embedded";

    private const string Runtime = """
        {
          "runtimeOptions": {
            "frameworks": [
              { "name": "Microsoft.NETCore.App", "version": "10.0.0" },
              { "name": "Microsoft.AspNetCore.App", "version": "10.0.0" }
            ],
            "configProperties": {
              "System.GC.Server": false,
              "System.GC.Concurrent": false,
              "System.Globalization.Invariant": true,
              "System.Runtime.TieredPGO": false
            }
          }
        }
        """;

    /// <summary>Copies the engine and the libraries beside it, so that it goes on running while the build is compiled anew.</summary>
    /// <returns>The path of the program's assembly.</returns>
    public static string Copy(string folder, string name)
    {
        var build = System.Reflection.Assembly.GetEntryAssembly()?.GetName().Name;
        var copy = ShadowCopy.Of(AppContext.BaseDirectory, folder, name, Assembly, file => IsLibrary(file) && Path.GetFileNameWithoutExtension(file) != build);
        ChangedFile.Write(Path.ChangeExtension(copy, ".runtimeconfig.json"), Runtime);
        return copy;
    }

    private static bool IsLibrary(string file) => Path.GetExtension(file) is ".dll" or ".so" or ".dylib";
}
