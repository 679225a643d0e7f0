using Cake.Core;
using Cake.Docker;

namespace Targets.Tests.Docker;

public sealed class DockerAliasesTests
{
    private static readonly DockerComposeSettings Stack = new() { File = ["artifacts/stack/compose.yaml"], ProjectName = "shop-stack" };

    public static TheoryData<string, Action<ICakeContext>> Commands { get; } = new()
    {
        { "docker compose up", c => c.DockerComposeUp() },
        { "docker compose up grafana loki", c => c.DockerComposeUp("grafana", "loki") },
        {
            """docker compose --file "artifacts/stack/compose.yaml" --project-name "shop-stack" up --detach --remove-orphans --wait --wait-timeout 60""",
            c => c.DockerComposeUp(new DockerComposeUpSettings { Detach = true, RemoveOrphans = true, Wait = true, WaitTimeout = 60 }, Stack)
        },
        { """docker compose up --no-build --no-recreate --pull "never" loki""", c => c.DockerComposeUp(new DockerComposeUpSettings { NoBuild = true, NoRecreate = true, Pull = "never" }, null, "loki") },
        {
            """docker compose --env-file "a.env" --file "a.yaml" --file "b c.yaml" --project-directory "/srv/my shop" down --timeout 10 --volumes""",
            c => c.DockerComposeDown(new() { Volumes = true, Timeout = 10 }, new() { File = ["a.yaml", "b c.yaml"], EnvFile = ["a.env"], ProjectDirectory = "/srv/my shop" })
        },
        { "docker compose down", c => c.DockerComposeDown() },
        {
            """docker compose --file "artifacts/stack/compose.yaml" --project-name "shop-stack" ps --all --format "json" """,
            c => c.DockerComposePs(new() { All = true, Format = "json" }, Stack)
        },
        { """docker compose ps --quiet loki""", c => c.DockerComposePs(new() { Quiet = true }, null, "loki") },
        { """docker compose logs --no-color --since "10m" --tail "20" """, c => c.DockerComposeLogs(new() { NoColor = true, Since = "10m", Tail = "20" }) },
        { "docker compose logs", c => c.DockerComposeLogs() },
        { """docker compose build --build-arg "BASE=a:b" --quiet orders""", c => c.DockerComposeBuild(new() { Quiet = true, BuildArg = ["BASE=a:b"] }, null, "orders") },
        { "docker compose pull --ignore-buildable --quiet", c => c.DockerComposePull(new DockerComposePullSettings { IgnoreBuildable = true, Quiet = true }) },
        { "docker compose pull tempo", c => c.DockerComposePull("tempo") },
        { """docker compose exec --user "0" loki /usr/bin/loki -health""", c => c.DockerComposeExec(new() { User = "0" }, "loki", "/usr/bin/loki", null, "-health") },
        { "docker compose rm --force --stop loki", c => c.DockerComposeRm(new() { Force = true, Stop = true }, null, "loki") },
        { """docker ps --all --filter "label=com.docker.compose.project=shop" --format "json" """, c => c.DockerPs(new() { All = true, Filter = "label=com.docker.compose.project=shop", Format = "json" }) },
        { """docker logs --tail "5" shop-loki-1""", c => c.DockerLogs(new() { Tail = "5" }, "shop-loki-1") },
        { """docker exec shop-loki-1 sh -c "echo \"a b\"" """, c => c.DockerExec(null, "shop-loki-1", "sh", "-c", DockerCli.Quoted("echo \"a b\"")) },
        { "docker exec shop-loki-1 echo two words", c => c.DockerExec(null, "shop-loki-1", "echo", "two words") },
        {
            """docker run --entrypoint "chown" --rm --user "0" --volume "logs:/logs" busybox:1 -R 1654:1654 /logs""",
            c => c.DockerRun(new() { Rm = true, Volume = ["logs:/logs"], User = "0", Entrypoint = "chown" }, "busybox:1", "-R", "1654:1654", "/logs")
        },
        { """docker run --detach --name "a" --network "monitoring" --publish "127.0.0.1:80:80" nginx""", c => c.DockerRunWithoutResult(new() { Detach = true, Name = "a", Network = "monitoring", Publish = ["127.0.0.1:80:80"] }, "nginx", "") },
        { "docker rm --force --volumes a b", c => c.DockerRm(new DockerContainerRmSettings { Force = true, Volumes = true }, "a", "b") },
        { "docker rm a", c => c.DockerRm("a") },
        { "docker stop --time 5 a", c => c.DockerStop(new DockerContainerStopSettings { Time = 5 }, "a") },
        { """docker cp "a file" c:/tmp""", c => c.DockerCp(DockerCli.Quoted("a file"), "c:/tmp") },
        { """docker image ls --filter "reference=shop-*" --quiet""", c => c.DockerImageLs(new() { Filter = "reference=shop-*", Quiet = true }) },
        { "docker pull grafana/loki:3.7.7", c => c.DockerPull("grafana/loki:3.7.7") },
        {
            """docker image build --build-arg "BASE=x" --file "src/Shop/Dockerfile" --tag "shop:1" "artifacts/my publish" """,
            c => c.DockerBuild(new() { File = "src/Shop/Dockerfile", Tag = ["shop:1"], BuildArg = ["BASE=x"] }, "artifacts/my publish")
        },
        { "docker rmi --force shop:1", c => c.DockerRemove(new() { Force = true }, "shop:1") },
        { """docker network create --driver "bridge" --label "a=b" monitoring""", c => c.DockerNetworkCreate(new() { Driver = "bridge", Label = ["a=b"] }, "monitoring") },
        { "docker network rm monitoring", c => c.DockerNetworkRemove("monitoring") },
        { """docker volume create --label "a=b" logs""", c => c.DockerVolumeCreate(new() { Label = "a=b" }, "logs") },
        { "docker volume create logs", c => c.DockerVolumeCreate("logs") },
        { """docker volume inspect --format "json" logs""", c => c.DockerVolumeInspect(new() { Format = "json" }, ["logs"]) },
        { """docker volume ls --filter "name=logs" --quiet""", c => c.DockerVolumeLs(new() { Filter = "name=logs", Quiet = true }) },
        { "docker volume rm --force logs", c => c.DockerVolumeRm(new() { Force = true }, ["logs"]) },
        { """docker info --format "{{json .}}" """, c => c.DockerCustomCommand("""info --format "{{json .}}" """) },
        { "docker network inspect monitoring", c => c.DockerCustomCommand("network inspect monitoring") },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void The_command_line_is(string expected, Action<ICakeContext> command)
    {
        var docker = new RecordedDocker { StandardOutput = ["x"] };

        command(docker);

        Assert.Equal(expected.Trim(), Assert.Single(docker.CommandLines).Trim());
    }

    [Fact]
    public void The_stand_alone_compose_binary_is_not_told_compose_again()
    {
        var docker = new RecordedDocker();
        var folder = Directory.CreateTempSubdirectory("compose");
        try
        {
            var binary = Path.Combine(folder.FullName, "docker-compose");
            File.WriteAllText(binary, "");

            docker.DockerComposeUp(new DockerComposeUpSettings { Detach = true, ToolPath = binary }, Stack);

            Assert.Equal("""docker-compose --file "artifacts/stack/compose.yaml" --project-name "shop-stack" up --detach""", docker.CommandLines[0]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("""a"b""", """--name "a\"b" """)]
    [InlineData("""a\""", """--name "a\\" """)]
    [InlineData("""a\"b""", """--name "a\\\"b" """)]
    [InlineData("""a\b""", """--name "a\b" """)]
    [InlineData("""$(x) 'y' `z`""", """--name "$(x) 'y' `z`" """)]
    public void A_hostile_value_stays_one_argument(string value, string expected)
    {
        var docker = new RecordedDocker();

        docker.DockerRun(new() { Name = value }, "image", "");

        Assert.Equal($"docker run {expected.Trim()} image", docker.CommandLines[0]);
    }

    [Fact]
    public void Output_comes_back_line_by_line()
    {
        var docker = new RecordedDocker { StandardOutput = ["a", "b"] };

        Assert.Equal(["a", "b"], docker.DockerVolumeLs(null));
        Assert.Equal("a\nb", docker.DockerPs(null));
        Assert.Equal("a", docker.DockerRun(null, "image", ""));
    }

    [Fact]
    public void A_secret_is_passed_on_and_never_shown()
    {
        var docker = new RecordedDocker();

        new GenericDockerRunner<SecretSettings>(docker.FileSystem, docker.Environment, docker, docker).Run("login", new() { Password = "p w" }, []);

        Assert.Equal("""docker login --password "p w" """.Trim(), docker.CommandLines[0]);
        Assert.DoesNotContain("p w", docker.Safe, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exit_code_other_than_0_is_a_failure()
    {
        var failure = Assert.Throws<CakeException>(() => new RecordedDocker { ExitCode = 125 }.DockerRm("a"));

        Assert.Contains("125", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_client_is_named() =>
        Assert.Contains("Docker", Assert.Throws<CakeException>(() => new RecordedDocker { Installed = false }.DockerRm("a")).Message, StringComparison.Ordinal);

    [Fact]
    public void Nothing_is_run_for_no_names()
    {
        var docker = new RecordedDocker();

        Assert.ThrowsAny<ArgumentException>(() => docker.DockerRm());
        Assert.ThrowsAny<ArgumentException>(() => docker.DockerVolumeRm([]));
        Assert.ThrowsAny<ArgumentException>(() => docker.DockerVolumeCreate(""));
        Assert.Empty(docker.CommandLines);
    }

    private sealed class SecretSettings : AutoToolSettings
    {
        public string? Password { get; set; }

        protected override string[] CollectSecretProperties() => [nameof(Password)];
    }
}
