using System.Reflection;
using Cake.Core;
using Cake.Docker;

namespace Targets.Tests.Docker;

public sealed class DockerAliasesTests
{
    private static readonly DockerComposeSettings Stack = new() { File = ["artifacts/stack/compose.yaml"], ProjectName = "shop-stack" };

    public static TheoryData<string, Action<ICakeContext>> Commands { get; } = new()
    {
        { "docker compose up grafana loki", c => c.DockerComposeUp(new(), null, "grafana", "loki") },
        {
            """docker compose --file "artifacts/stack/compose.yaml" --project-name "shop-stack" up --detach --remove-orphans""",
            c => c.DockerComposeUp(new() { Detach = true, RemoveOrphans = true }, Stack)
        },
        {
            """docker compose --file "a.yaml" --file "b c.yaml" down --remove-orphans --volumes""",
            c => c.DockerComposeDown(new() { Volumes = true, RemoveOrphans = true }, new() { File = ["a.yaml", "b c.yaml"] })
        },
        { "docker compose down", c => c.DockerComposeDown(new() { Volumes = false }) },
        { """docker logs --follow --tail "5" shop-loki-1""", c => c.DockerLogs(new() { Tail = "5", Follow = true }, "shop-loki-1") },
        { """docker exec shop-loki-1 sh -c "echo \"a b\"" """, c => c.DockerExec(new(), "shop-loki-1", "sh", "-c", DockerCli.Quoted("echo \"a b\"")) },
        { "docker exec shop-loki-1 echo two words", c => c.DockerExec(new(), "shop-loki-1", "echo", "two words") },
        {
            """docker run --entrypoint "chown" --rm --user "0" --volume "logs:/logs" busybox:1 -R 1654:1654 /logs""",
            c => c.DockerRunWithoutResult(new() { Rm = true, Volume = ["logs:/logs"], User = "0", Entrypoint = "chown" }, "busybox:1",
                "-R", "1654:1654", "/logs")
        },
        {
            """docker run --cap-add "FOWNER" --cap-drop "ALL" --label "a=b" --network "none" --read-only --security-opt "no-new-privileges" nginx""",
            c => c.DockerRunWithoutResult(
                new() { Label = ["a=b"], Network = "none", CapAdd = ["FOWNER"], CapDrop = ["ALL"], ReadOnly = true, SecurityOpt = ["no-new-privileges"] },
                    "nginx", "")
        },
        { "docker pull grafana/loki:3.7.7", c => c.DockerPull(new(), "grafana/loki:3.7.7") },
        {
            """docker image build --build-arg "BASE=x" --file "src/Shop/Dockerfile" --label "a=b" --tag "shop:1" "artifacts/my publish" """,
            c => c.DockerBuild(new() { File = "src/Shop/Dockerfile", Tag = ["shop:1"], Label = ["a=b"], BuildArg = ["BASE=x"] }, "artifacts/my publish")
        },
        { """docker network create --label "a=b" monitoring""", c => c.DockerNetworkCreate(new() { Label = ["a=b"] }, "monitoring") },
        { """docker volume create --label "a=b" logs""", c => c.DockerVolumeCreate(new() { Label = "a=b" }, "logs") },
        { "docker volume create logs", c => c.DockerVolumeCreate(new(), "logs") },
        { """docker info --format "{{json .}}" """, c => c.DockerCustomCommand(new(), """info --format "{{json .}}" """) },
        { "docker network inspect monitoring", c => c.DockerCustomCommand(new(), "network inspect monitoring") },
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
    [InlineData("""a"b""", """--user "a\"b" """)]
    [InlineData("""a\""", """--user "a\\" """)]
    [InlineData("""a\"b""", """--user "a\\\"b" """)]
    [InlineData("""a\b""", """--user "a\b" """)]
    [InlineData("""$(x) 'y' `z`""", """--user "$(x) 'y' `z`" """)]
    public void A_hostile_value_stays_one_argument(string value, string expected)
    {
        var docker = new RecordedDocker();

        docker.DockerRunWithoutResult(new() { User = value }, "image", "");

        Assert.Equal($"docker run {expected.Trim()} image", docker.CommandLines[0]);
    }

    [Fact]
    public void Output_comes_back_line_by_line()
    {
        var docker = new RecordedDocker { StandardOutput = ["a", "b"] };

        Assert.Equal(["a", "b"], docker.DockerCustomCommand(new(), "volume ls"));
        Assert.Equal(["a", "b"], docker.DockerLogs(new(), "shop-loki-1"));
    }

    [Fact]
    public void An_exit_code_other_than_0_is_a_failure()
    {
        var failure = Assert.Throws<CakeException>(() => new RecordedDocker { ExitCode = 125 }.DockerPull(new(), "a"));

        Assert.Contains("125", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_client_is_named() =>
        Assert.Contains("Docker", Assert.Throws<CakeException>(() => new RecordedDocker { Installed = false }.DockerPull(new(), "a")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Nothing_is_run_for_no_names()
    {
        var docker = new RecordedDocker();

        Assert.ThrowsAny<ArgumentException>(() => docker.DockerNetworkCreate(new()));
        Assert.ThrowsAny<ArgumentException>(() => docker.DockerVolumeCreate(new(), ""));
        Assert.Empty(docker.CommandLines);
    }

    [Fact]
    public void Every_alias_and_every_option_is_in_use()
    {
        var targets = Path.Combine(Paths.Of(AppContext.BaseDirectory).Stack, "Targets");
        var source = string.Concat(Directory.EnumerateFiles(targets, "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));

        var aliases = typeof(DockerAliases).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Select(alias => alias.Name).ToList();
        Assert.All(aliases, alias => Assert.Contains($"ontext.{alias}(", source, StringComparison.Ordinal));
        Assert.Equal(aliases.Distinct(), aliases);

        var settings = typeof(DockerAliases).Assembly.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(AutoToolSettings))).ToList();
        Assert.All(settings, type => Assert.Contains($"new {type.Name}", source, StringComparison.Ordinal));
        Assert.All(
            settings.SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)),
            option => Assert.Matches($@"\b{option.Name} = ", source));
    }
}
