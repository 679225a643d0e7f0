using System.Diagnostics;

namespace Targets.Tests.Script;

/// <summary>
/// A small repository around the real <c>build.sh</c> or <c>build.ps1</c>: a program that prints its arguments, and a <c>dotnet</c> that counts compilations.
/// </summary>
internal sealed class ScriptRepository : IDisposable
{
    private const string Dotnet = """
        #!/usr/bin/env bash
        # Stands in for the SDK: "compiles" by copying the program's text, and runs that text.
        here="$(cd "$(dirname "$0")" && pwd)"
        case "$1" in
          --version) exec cat "$here/sdk" ;;
          --list-sdks) cat "$here/sdks"; exit 0 ;;
          build)
            echo "$@" >>"$here/builds"
            [[ ! -f "$here/slow" ]] || sleep 1
            if [[ -f "$here/broken" ]]; then echo "Program.cs(1,1): error CS1002: ; expected"; exit 1; fi
            echo "a build says much that nobody wants to read"
            mkdir -p artifacts/bin/Build/release
            cp build/Program.cs artifacts/bin/Build/release/Build.dll ;;
          *) program="$1"; shift; exec bash "$program" "$@" ;;
        esac
        """;

    private const string Program = """
        printf '%s\n' "cwd=$PWD" "count=$#"
        for argument in "$@"; do printf 'arg=<%s>\n' "$argument"; done
        for argument in "$@"; do [[ "$argument" != --exit=* ]] || exit "${argument#--exit=}"; done
        """;

    private readonly string _script;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("build 한 'sh' ");

    /// <param name="script"><c>build.sh</c> or <c>build.ps1</c>.</param>
    public ScriptRepository(string script)
    {
        _script = script;
        Write("repo/build/Program.cs", Program);
        Write("repo/build/Tasks/Up.cs", "up");
        Write("repo/stack/Model/Model.cs", "model");
        Write("repo/stack/stack.json", "{}");
        Write("repo/stack/assets/loki.yaml", "a: 1");
        Write("repo/Directory.Build.props", "<Project />");
        Write("repo/global.json", """{ "sdk": { "version": "10.0.100", "rollForward": "latestMinor" } }""");
        File.Copy(Path.Combine(RepositoryRoot(), _script), PathOf($"repo/{_script}"));
        Write("sdk/dotnet", Dotnet);
        Write("sdk/sdk", "10.0.401\n");
        Write("sdk/sdks", "10.0.401 [/usr/share/dotnet/sdk]\n");
        if (!OperatingSystem.IsWindows())
        {
            foreach (var program in (string[])[$"repo/{_script}", "sdk/dotnet"])
                File.SetUnixFileMode(PathOf(program), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        foreach (var file in Directory.EnumerateFiles(_folder.FullName, "*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-1));
    }

    /// <summary>How often the program was compiled.</summary>
    public int Builds => File.Exists(PathOf("sdk/builds")) ? File.ReadAllLines(PathOf("sdk/builds")).Length : 0;

    /// <summary>Leaves no <c>dotnet</c> on the path.</summary>
    public bool WithoutSdk { get; set; }

    public string PathOf(string relative) => Path.Combine(_folder.FullName, relative);

    public void Write(string relative, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(relative))!);
        File.WriteAllText(PathOf(relative), text.ReplaceLineEndings("\n"));
    }

    /// <summary>Where a program is on the path; null where it is not.</summary>
    public static string? ToolPath(string tool)
        => Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);

    public Task<ScriptResult> RunAsync(params string[] args) => RunInAsync(_folder.FullName, args);

    public Task<ScriptResult> RunInAsync(string workingDirectory, params string[] args)
        => RunCommandAsync(workingDirectory,
            _script == "build.sh" ? ["bash", PathOf($"repo/{_script}"), .. args] : ["pwsh", "-NoProfile", "-File", PathOf($"repo/{_script}"), .. args]);

    /// <summary>Runs the script as the first command of a pipeline in a PowerShell session.</summary>
    public Task<ScriptResult> RunPipedAsync(string following, params string[] args)
        => RunCommandAsync(_folder.FullName,
            ["pwsh", "-NoProfile", "-Command", $"./repo/{_script} {string.Join(' ', args)} | {following}; exit $LASTEXITCODE"]);

    private async Task<ScriptResult> RunCommandAsync(string workingDirectory, string[] command)
    {
        var start = new ProcessStartInfo(ToolPath(command[0])!, command.Skip(1))
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = WithoutSdk ? ToolsWithoutDotnet() : $"{PathOf("sdk")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment.Remove("DOTNET_ROOT");

        using var process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
        var error = process.StandardError.ReadToEndAsync(timeout.Token);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
            return new ScriptResult(process.ExitCode, Lines(await output), Lines(await error));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string ToolsWithoutDotnet()
    {
        var tools = Directory.CreateDirectory(PathOf("tools"));
        foreach (var tool in (string[])["bash", "dirname", "find", "uniq", "touch", "mkdir", "mv", "rm", "cat", "flock"])
        {
            if (ToolPath(tool) is { } path && !File.Exists(Path.Combine(tools.FullName, tool)))
                File.CreateSymbolicLink(Path.Combine(tools.FullName, tool), path);
        }

        return tools.FullName;
    }

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "build.sh")))
                return folder.FullName;
        }

        throw new InvalidOperationException("build.sh is nowhere above the tests.");
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

internal sealed record ScriptResult(int ExitCode, string[] Output, string[] Error);
