namespace EndToEnd.Tests.Docker;

/// <summary>The Docker engine of this machine.</summary>
internal static class DockerMachine
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Why the Docker path cannot run here; null where it can.</summary>
    public static async Task<string?> ObstacleAsync(CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux())
            return "the images of these tests are Linux images built from a Linux machine's own binaries";
        foreach (var (arguments, what) in new (string[], string)[]
        {
            (["info", "--format", "{{.ServerVersion}}"], "no Docker engine answers"),
            (["compose", "version", "--short"], "the docker client has no Compose v2 plugin"),
        })
        {
            try
            {
                if ((await CommandLine.RunAsync("docker", arguments, Path.GetTempPath(), null, TimeSpan.FromSeconds(15), cancellation)).ExitCode != 0)
                    return what;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return "there is no docker client";
            }
        }

        return null;
    }

    /// <summary>Skips the test where no engine can run, and fails it where one was promised.</summary>
    public static void Require(string? obstacle)
    {
        if (Environment.GetEnvironmentVariable("MICROMONITORED_DOCKER") == "required")
            Assert.True(obstacle is null, $"A Docker engine was promised, but {obstacle}.");
        Assert.SkipUnless(obstacle is null, $"{obstacle}: run .ci/tools and .ci/engine start");
    }

    public static async Task<CommandResult> RunAsync(CancellationToken cancellation, params string[] arguments)
        => await CommandLine.RunAsync("docker", arguments, Path.GetTempPath(), null, Patience, cancellation);

    /// <summary>One line for each match of <c>docker … ls --format</c>.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellation, params string[] arguments)
    {
        var listed = await RunAsync(cancellation, arguments);
        listed.Succeeded();
        return listed.Lines;
    }
}
