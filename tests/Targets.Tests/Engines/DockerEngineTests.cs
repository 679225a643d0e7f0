using Cake.Core;
using MicroMonitored.Model;
using MicroMonitored.Targets.Tasks;

namespace Targets.Tests.Engines;

/// <summary>What the Docker engine says to docker, word for word, and what it makes of the answers.</summary>
public sealed class DockerEngineTests : IDisposable
{
    private const string Look = """docker ps --all --no-trunc --filter label=com.docker.compose.project --format "{{json .}}" """;
    private const string LookForImages = "docker image inspect --format {{.Id}} prom/prometheus:v3.13.3 grafana/loki:3.7.7 grafana/promtail:3.6.11 "
        + "otel/opentelemetry-collector:0.159.0 grafana/tempo:3.0.3 grafana/grafana:13.2.1 prom/alertmanager:v0.34.0 "
        + "mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled";
    private const string LookForServiceImage =
        """docker image inspect --format "{{index .Config.Labels \"micromonitored.program\"}}" sample-micro-app/shop-orders:local""";
    private const string StartStack =
        """docker compose --file "{root}/artifacts/stack/compose.yaml" --project-name "sample-micro-app-monitoring" up --detach --remove-orphans""";
    private const string StartServices =
        """docker compose --file "{root}/artifacts/stack/services.compose.yaml" --project-name "sample-micro-app-services" up --detach --remove-orphans""";
    private const string OpenLogVolume =
        """docker run --cap-add "FOWNER" --cap-drop "ALL" --entrypoint "/bin/sh" --label "micromonitored.owner=sample-micro-app" --network "none" """
        + """--read-only --rm --security-opt "no-new-privileges" --user "0:0" --volume "sample-micro-app_microservices_logs:/var/log/microservices" """
        + """prom/prometheus:v3.13.3 -c "chmod 1777 /var/log/microservices && """
        + """find /var/log/microservices -xdev -maxdepth 1 -type f -user 0 -name '*.log*' -exec chmod a+rw {} +" """;
    private const string LookIntoLogVolume =
        "docker run --rm --pull never --network none --read-only --cap-drop ALL --security-opt no-new-privileges:true --entrypoint /bin/find "
        + "--volume sample-micro-app_microservices_logs:/var/log/microservices:ro prom/prometheus:v3.13.3 /var/log/microservices -type f -name *.log*";
    private const string RestartsOfStack =
        """docker inspect --format "{{.Id}} {{.RestartCount}}" id-prometheus id-loki id-promtail id-collector id-tempo id-grafana id-alertmanager""";
    private const string RestartsOfAll = RestartsOfStack + " id-shop-orders";
    private readonly SimulatedStack _stack = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _stack.Dispose();

    [Fact]
    public async Task Up_says()
    {
        await _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation);

        Said(
            Look,
            LookForImages,
            LookForServiceImage,
            """dotnet publish "{root}/artifacts/run/services.slnx" --configuration Release --nologo --verbosity quiet -nodeReuse:false """
                + """-p:RunAnalyzers=false -p:ShouldUnsetParentConfigurationAndPlatform=false""",
            """docker image build --build-arg "RUNTIME=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled" --file "{root}/src/Shop.Orders/Dockerfile" """
                + """--label "micromonitored.program={stamp}-mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled" """
                + """--label "micromonitored.service=shop-orders" --tag "sample-micro-app/shop-orders:local" """
                + """--target "published" "{root}/artifacts/publish/Shop.Orders/release" """,
            "docker network inspect monitoring",
            """docker network create --label "micromonitored.owner=sample-micro-app" monitoring""",
            "docker volume inspect sample-micro-app_microservices_logs",
            """docker volume create --label "micromonitored.owner=sample-micro-app" sample-micro-app_microservices_logs""",
            OpenLogVolume,
            "docker compose version --short",
            StartStack,
            StartServices);
    }

    [Fact]
    public async Task Up_again_creates_nothing()
    {
        await _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation);
        _stack.CommandLines();

        var components = await _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation);

        Assert.All(components, component => Assert.Null(component.Seconds));
        Said(Look, LookForImages, LookForServiceImage, "docker network inspect monitoring", "docker volume inspect sample-micro-app_microservices_logs",
            OpenLogVolume, "docker compose version --short", StartStack, StartServices);
    }

    [Fact]
    public async Task Up_warns_of_ports_that_are_open_to_other_machines()
    {
        await new Up().RunAsync(_stack.Context(("engine", "docker")));
        Assert.DoesNotContain("Warning", _stack.Said, StringComparison.Ordinal);

        _stack.Variables["STACK__BINDADDRESS"] = "0.0.0.0";
        _stack.Variables["STACK__GRAFANA__PASSWORD"] = "not-the-default";
        await new Up().RunAsync(_stack.Context(("engine", "docker")));

        Assert.Contains("Warning: bindAddress 0.0.0.0 opens the ports to other machines", _stack.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_says()
    {
        await _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation);
        _stack.CommandLines();

        var components = await _stack.Engine().StatusAsync(Cancellation);

        Assert.Equal(["prometheus", "loki", "promtail", "collector", "tempo", "grafana", "alertmanager", "shop-orders"],
            components.Select(component => component.Name));
        Assert.All(components, component => Assert.Equal("ready", component.State));
        Said(Look);
    }

    [Fact]
    public async Task Logs_say()
    {
        await _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation);
        _stack.CommandLines();
        _stack.Docker.Log = (["said"], ["warned"]);

        await _stack.Engine().LogsAsync("loki", 7, follow: false, Cancellation);
        await _stack.Engine().LogsAsync("shop-orders", 50, follow: true, Cancellation);

        Said(Look, """docker logs --tail "7" sample-micro-app-monitoring-loki-1""",
            """docker logs --follow --tail "50" sample-micro-app-services-shop-orders-1""");
        Assert.Equal(["said", "warned", "said", "warned"], _stack.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    [Fact]
    public async Task Teardown_says()
    {
        await _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation);
        _stack.CommandLines();

        Assert.Equal(["prometheus", "loki", "promtail", "collector", "tempo", "grafana", "alertmanager", "shop-orders", "network monitoring"],
            await _stack.Engine().TeardownAsync(purge: false, Cancellation));

        Said(
            "docker version --format {{.Server.Version}}",
            "docker compose version --short",
            Look,
            """docker compose --project-name "sample-micro-app-services" down --remove-orphans""",
            """docker compose --project-name "sample-micro-app-monitoring" down --remove-orphans""",
            "docker ps --all --quiet --filter label=micromonitored.owner=sample-micro-app",
            "docker network inspect monitoring",
            """docker network inspect --format "{{json .Labels}}" monitoring""",
            "docker ps --all --filter network=monitoring --format {{.Names}}",
            "docker network rm monitoring");
        Assert.Empty(await _stack.Engine().TeardownAsync(purge: false, Cancellation));
    }

    [Fact]
    public async Task Teardown_with_purge_says()
    {
        await _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation);
        await _stack.Engine().TeardownAsync(purge: false, Cancellation);
        _stack.CommandLines();

        Assert.Equal(["volume sample-micro-app_microservices_logs", "image sample-micro-app/shop-orders:local", "data volumes"],
            await _stack.Engine().TeardownAsync(purge: true, Cancellation));

        Said(
            "docker version --format {{.Server.Version}}",
            "docker compose version --short",
            Look,
            """docker compose --project-name "sample-micro-app-services" down --remove-orphans --volumes""",
            """docker compose --project-name "sample-micro-app-monitoring" down --remove-orphans --volumes""",
            "docker ps --all --quiet --filter label=micromonitored.owner=sample-micro-app",
            "docker network inspect monitoring",
            "docker volume inspect sample-micro-app_microservices_logs",
            "docker ps --all --filter volume=sample-micro-app_microservices_logs --format {{.Names}}",
            LookIntoLogVolume,
            "docker volume rm sample-micro-app_microservices_logs",
            "docker image rm sample-micro-app/shop-orders:local",
            "docker volume ls --quiet --filter label=com.docker.compose.project=sample-micro-app-monitoring",
            "docker volume rm sample-micro-app-monitoring_data",
            "docker volume ls --quiet --filter label=com.docker.compose.project=sample-micro-app-services",
            "docker volume rm sample-micro-app-services_data");
        Assert.Empty(await _stack.Engine().TeardownAsync(purge: true, Cancellation));
    }

    [Fact]
    public async Task A_missing_image_is_pulled_and_no_other()
    {
        _stack.Docker.Images.Remove("grafana/tempo:3.0.3");

        await _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation);

        Assert.Equal(["docker pull grafana/tempo:3.0.3"], _stack.CommandLines().Where(line => line.Contains("pull", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_foreign_network_stays()
    {
        await _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation);
        _stack.Docker.Failures["network inspect --format"] = "no labels";

        await _stack.Engine().TeardownAsync(purge: true, Cancellation);

        Assert.DoesNotContain("docker network rm monitoring", _stack.CommandLines());
    }

    [Fact]
    public async Task A_container_that_was_made_and_never_started_is_removed()
    {
        _stack.Docker.CutShort.Add("0123abcd");
        Assert.False(_stack.Engine().LeavesNothing());

        Assert.Equal(["a container of an Up cut short"], await _stack.Engine().TeardownAsync(purge: false, Cancellation));

        Assert.Contains("docker rm --force --volumes 0123abcd", _stack.CommandLines());
        Assert.True(_stack.Engine().LeavesNothing());
    }

    [Fact]
    public async Task What_another_project_uses_stays_and_is_named()
    {
        await _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation);
        _stack.Docker.Neighbours.Add("python-client-1");

        var removed = await _stack.Engine().TeardownAsync(purge: true, Cancellation);

        Assert.DoesNotContain(_stack.CommandLines(), line => line is "docker network rm monitoring" or "docker volume rm sample-micro-app_microservices_logs");
        Assert.DoesNotContain("network monitoring", removed);
        Assert.DoesNotContain("volume sample-micro-app_microservices_logs", removed);
        Assert.Equal(
            [
                "The network monitoring stays: python-client-1 of another project still uses it; stop that and repeat.",
                "The volume sample-micro-app_microservices_logs stays: python-client-1 of another project still uses it; stop that and repeat.",
            ],
            _stack.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    [Theory]
    [InlineData("pull", "write /var/lib/docker/tmp/GetImageBlob1: no space left on device",
        "pulling grafana/loki:3.7.7 (images.loki) failed: write /var/lib/docker/tmp/GetImageBlob1: no space left on device; make room where "
        + "Docker keeps its data (/var/lib/docker): docker system df says what takes it, docker system prune frees it")]
    [InlineData("image build", "Sending build context\nError response from daemon: write /layer: no space left on device",
        "building the image of shop-orders failed: Error response from daemon: write /layer: no space left on device; make room where "
        + "Docker keeps its data (/var/lib/docker): docker system df says what takes it, docker system prune frees it")]
    [InlineData("compose.yaml", "Container x  Creating\nError response from daemon: mkdir /var/lib/docker/overlay2/x: no space left on device",
        "starting sample-micro-app-monitoring failed: Error response from daemon: mkdir /var/lib/docker/overlay2/x: no space left on device; make room where "
        + "Docker keeps its data (/var/lib/docker): docker system df says what takes it, docker system prune frees it")]
    [InlineData("pull", "Error response from daemon: manifest unknown", "the image grafana/loki:3.7.7 of images.loki does not exist or may not be pulled "
        + "(Error response from daemon: manifest unknown); set images.loki in stack/stack.json to one that does")]
    [InlineData("pull", "Error response from daemon: Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host",
        "grafana/loki:3.7.7 (images.loki) is not here and cannot be pulled (Error response from daemon: Get \"https://registry-1.docker.io/v2/\": dial tcp: "
        + "lookup registry-1.docker.io: no such host); mend the network, load a bundle (--target=Bundle --load), "
        + "or set images.loki in stack/stack.json to what is here")]
    [InlineData("dotnet publish", "MSB3021: Unable to copy file \"a\" to \"b\". No space left on device : 'b'",
        "the services' publishing failed (dotnet exit code 1): MSB3021: Unable to copy file \"a\" to \"b\". No space left on device : 'b'; "
        + "make room on that disk and repeat")]
    [InlineData("network create", "Error response from daemon: could not find an available, non-overlapping IPv4 address pool",
        "creating the network monitoring failed: Error response from daemon: could not find an available, non-overlapping IPv4 address pool; "
        + "see names.network in stack/stack.json")]
    public async Task A_failure_is_one_line(string command, string said, string expected)
    {
        _stack.Docker.Images.Remove("grafana/loki:3.7.7");
        _stack.Docker.Failures[command] = said;

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation));

        Assert.Equal(expected, failure.Message);
    }

    [Fact]
    public async Task An_engine_that_falls_silent_while_the_stack_starts_is_one_line()
    {
        _stack.Silent.Add(_stack.FirstPort + 2);
        _stack.Docker.Changed += (project, up) => _stack.Docker.Answers = !(up && project.EndsWith("-services", StringComparison.Ordinal));

        var failure = await Assert.ThrowsAsync<CakeException>(() => _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation));

        Assert.Equal("the Docker engine stopped answering (Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?) "
            + "while waiting for loki; start it and repeat, or clean up with the Teardown target",
            failure.Message);
    }

    [Fact]
    public async Task An_up_cut_short_is_remembered_until_teardown_has_cleaned()
    {
        _stack.Docker.Failures["compose.yaml"] = "Error response from daemon: driver failed";

        await Assert.ThrowsAsync<CakeException>(() => new Up().RunAsync(_stack.Context(("engine", "docker"))));
        Assert.Equal("docker", EngineSelection.Recorded(_stack.Context())?.Name);
        Assert.False(_stack.Engine().LeavesNothing());

        await new Teardown().RunAsync(_stack.Context());
        Assert.Null(EngineSelection.Recorded(_stack.Context()));
        Assert.True(_stack.Engine().LeavesNothing());
    }

    [Fact]
    public async Task A_network_is_found_by_teardown_when_the_run_state_is_gone()
    {
        _stack.Docker.Failures["compose.yaml"] = "Error response from daemon: driver failed";
        await Assert.ThrowsAsync<CakeException>(() => new Up().RunAsync(_stack.Context(("engine", "docker"))));
        EngineSelection.Forget(_stack.Context());

        await new Teardown().RunAsync(_stack.Context());

        Assert.Contains("Removed: network monitoring.", _stack.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_up_that_has_left_nothing_is_forgotten()
    {
        _stack.Docker.Images.Remove("grafana/loki:3.7.7");
        _stack.Docker.Failures["pull"] = "Error response from daemon: manifest unknown";

        await Assert.ThrowsAsync<FaultException>(() => new Up().RunAsync(_stack.Context(("engine", "docker"))));

        Assert.Null(EngineSelection.Recorded(_stack.Context()));
    }

    [Fact]
    public async Task Another_password_is_set_inside_grafana()
    {
        _stack.Login = "401 Unauthorized";

        var failure = await Assert.ThrowsAsync<FaultException>(() => _stack.Engine().UpAsync(StackOptions.Timeout.Fallback, Cancellation));

        Assert.Equal("grafana.user admin is not the administrator that Grafana's data was made with; set grafana.user back, "
            + "or delete Grafana's data by Teardown --purge", failure.Message);
        Assert.Equal(
            ["""docker exec sample-micro-app-monitoring-grafana-1 /bin/sh -c "grafana cli --homepath \"$GF_PATHS_HOME\" admin reset-admin-password """
                + """--password-from-stdin < \"$GF_SECURITY_ADMIN_PASSWORD__FILE\"" """.Trim()],
            _stack.CommandLines().Where(line => line.Contains(" exec ", StringComparison.Ordinal)));
    }

    /// <summary>
    /// Everything that was said, in order. What goes on beside the rest has no fixed place: looks for restarts are left out, and the
    /// log volume is opened at any moment before the services start.
    /// </summary>
    private void Said(params string[] expected)
    {
        var said = _stack.CommandLines().Where(line => line != RestartsOfStack && line != RestartsOfAll).ToList();
        Assert.Equal(expected.Select(line => line.Trim()).Where(line => line != OpenLogVolume.Trim()), said.Where(line => line != OpenLogVolume.Trim()));
        Assert.Equal(expected.Count(line => line == OpenLogVolume), said.Count(line => line == OpenLogVolume.Trim()));
        Assert.True(said.IndexOf(OpenLogVolume.Trim()) <= said.IndexOf(StartServices));
    }
}
