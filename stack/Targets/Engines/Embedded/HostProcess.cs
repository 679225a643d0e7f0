using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace MicroMonitored.Targets.Engines.Embedded;

/// <summary>A process that outlives the build; known by two small files, so that any later build finds and ends it.</summary>
/// <param name="Fingerprint">Of everything it was started with; another one means that it must be started anew.</param>
internal sealed partial record HostProcess(string Name, string Kind, int Port, string Assembly, string Fingerprint)
{
    private const string Detached = """trap '' INT HUP; echo $$ > "$0"; log=$1; shift; exec >> "$log" 2>&1 < /dev/null; """
        + """if command -v setsid > /dev/null; then exec setsid "$@"; fi; exec "$@" """;

    /// <summary>The processes that a folder knows of, running or not.</summary>
    public static IReadOnlyList<HostProcess> In(string folder)
        => !Directory.Exists(folder) ? [] : [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(Load).OfType<HostProcess>()];

    /// <summary>Starts it detached from this build: own session, no terminal, output to <paramref name="log"/>.</summary>
    public void Start(string folder, string log, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> variables)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Description(folder), JsonSerializer.Serialize(this));
        var command = new[] { "dotnet", Assembly }.Concat(arguments);
        // A POSIX shell drops variables whose names it cannot spell, such as Services__shop-orders__http__0; env does not.
        var environment = variables.Select(variable => $"{variable.Key}={variable.Value}").Prepend("env");
        var start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo("cmd.exe", $"/d /c \"{string.Join(' ', command.Select(part => $"\"{part}\""))} >> \"{log}\" 2>&1\"")
            : new ProcessStartInfo("/bin/sh", ["-c", Detached, PidFile(folder), log, .. environment, .. command]);
        start.UseShellExecute = false;
        start.CreateNoWindow = true;
        start.WorkingDirectory = Path.GetDirectoryName(Assembly)!;
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{Name} did not start");
        if (OperatingSystem.IsWindows())
            File.WriteAllText(PidFile(folder), process.Id.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Its process id, or null when it does not run.</summary>
    public int? Pid(string folder)
    {
        try
        {
            return int.TryParse(File.ReadAllText(PidFile(folder)), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var pid)
                && Is(pid, folder) ? pid : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Asks it to end, waits, and ends it by force when it does not.</summary>
    /// <returns>Whether it was running.</returns>
    public async Task<bool> StopAsync(string folder, TimeSpan grace, CancellationToken cancellation)
    {
        var pid = Pid(folder);
        if (pid is { } running)
        {
            Terminate(running);
            var clock = Stopwatch.StartNew();
            while (Pid(folder) is not null && clock.Elapsed < grace)
                await Task.Delay(20, cancellation);
            if (Pid(folder) is not null)
                Kill(running);
            while (Pid(folder) is not null && clock.Elapsed < grace * 2)
                await Task.Delay(20, cancellation);
        }

        Forget(folder);
        return pid is not null;
    }

    /// <summary>Removes the two files.</summary>
    public void Forget(string folder)
    {
        File.Delete(PidFile(folder));
        File.Delete(Description(folder));
    }

    private static HostProcess? Load(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<HostProcess>(File.ReadAllText(file));
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            return null;
        }
    }

    private bool Is(int pid, string folder)
    {
        var ours = Path.GetDirectoryName(folder)!;
        if (!Assembly.StartsWith(ours + Path.DirectorySeparatorChar, StringComparison.Ordinal) && !Ownership.RunsBelow(pid, ours))
            return false;
        if (OperatingSystem.IsLinux())
            return File.Exists($"/proc/{pid}/cmdline") && File.ReadAllText($"/proc/{pid}/cmdline").Contains(Assembly, StringComparison.Ordinal);
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited && (process.StartTime - File.GetLastWriteTime(PidFile(folder))).Duration() < TimeSpan.FromSeconds(10);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return false;
        }
    }

    private static void Terminate(int pid)
    {
        if (OperatingSystem.IsWindows())
            Kill(pid);
        else
            _ = Signal(pid, 15);
    }

    private static void Kill(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill(entireProcessTree: OperatingSystem.IsWindows());
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return;
        }
    }

    private string PidFile(string folder) => Path.Combine(folder, Name + ".pid");

    private string Description(string folder) => Path.Combine(folder, Name + ".json");

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Signal(int pid, int signal);
}
