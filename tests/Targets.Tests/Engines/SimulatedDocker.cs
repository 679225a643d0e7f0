using System.Text.Json;
using System.Text.RegularExpressions;
using Targets.Tests.Docker;
using Cake.Core;
using Cake.Core.Configuration;
using Cake.Core.Diagnostics;
using Cake.Core.IO;
using Cake.Core.Tooling;

namespace Targets.Tests.Engines;

/// <summary>A context whose <c>docker</c> runs nothing: it writes every command line down and answers as an engine with this state would.</summary>
internal sealed partial class SimulatedDocker : ICakeContext, IProcessRunner, IToolLocator, ICakeArguments
{
    private readonly Lock _lock = new();
    private readonly List<string> _commandLines = [];
    private readonly Dictionary<string, string> _networks = [];
    private readonly Dictionary<string, string> _volumes = [];
    private readonly Dictionary<string, string> _built = [];
    private readonly List<(string Project, string Service)> _containers = [];
    private readonly Dictionary<string, string> _folders = [];

    /// <summary>Images that the engine holds.</summary>
    public HashSet<string> Images { get; } = [];

    /// <summary>Images that a file of images does not keep by name.</summary>
    public HashSet<string> Nameless { get; } = [];

    public HashSet<string> Installed { get; } = ["docker", "dotnet"];

    /// <summary>What a command says on its error output and fails with, by a part of its command line.</summary>
    public Dictionary<string, string> Failures { get; } = [];

    /// <summary>What a container has printed: lines of its standard output and of its error output.</summary>
    public (string[] Output, string[] Error) Log { get; set; } = ([], []);

    /// <summary>Containers of other projects, on our network, volume and ports.</summary>
    public List<string> Neighbours { get; } = [];

    /// <summary>Other projects that have data here and no container.</summary>
    public List<string> Sharers { get; } = [];

    /// <summary>What lies in the volume of the log files.</summary>
    public List<string> LogFiles { get; } = [];

    /// <summary>Ids of our own containers that were created and never started.</summary>
    public List<string> CutShort { get; } = [];

    /// <summary>Whether anything answers behind the docker client.</summary>
    public bool Answers { get; set; } = true;

    /// <summary>The gateways of the stack's network.</summary>
    public string Gateway { get; set; } = "";

    /// <summary>Health of the containers that have no port.</summary>
    public string Status { get; set; } = "Up 2 seconds (healthy)";

    /// <summary>Called after the containers of a project have started or gone.</summary>
    public Action<string, bool>? Changed { get; set; }

    public Dictionary<string, string?> Given { get; } = [];

    public IFileSystem FileSystem { get; } = new FileSystem();

    public ICakeEnvironment Environment { get; } = new CakeEnvironment(new CakePlatform(), new CakeRuntime());

    public IProcessRunner ProcessRunner => this;

    public IToolLocator Tools => this;

    public ICakeArguments Arguments => this;

    ICakeLog ICakeContext.Log => throw new NotSupportedException();

    public IGlobber Globber => throw new NotSupportedException();

    public IRegistry Registry => throw new NotSupportedException();

    public ICakeDataResolver Data => throw new NotSupportedException();

    public ICakeConfiguration Configuration => throw new NotSupportedException();

    /// <summary>The command lines since the last call; a look that is repeated while waiting counts once.</summary>
    public IReadOnlyList<string> Taken()
    {
        lock (_lock)
        {
            var taken = new List<string>();
            foreach (var line in _commandLines.Where(line => !IsLook(line) || !taken.Contains(line)))
                taken.Add(line);
            _commandLines.Clear();
            return taken;
        }
    }

    public IProcess Start(FilePath filePath, ProcessSettings settings)
    {
        var arguments = settings.Arguments.Render();
        lock (_lock)
        {
            _commandLines.Add($"{filePath.GetFilenameWithoutExtension()} {arguments}");
            var (code, output, error) = filePath.GetFilename().FullPath == "docker" ? Answer(arguments) : Tool($"{filePath.GetFilename()} {arguments}");
            var shown = output.Select(line => settings.RedirectedStandardOutputHandler is { } handle ? handle(line) : line).OfType<string>().ToList();
            foreach (var line in error)
                settings.RedirectedStandardErrorHandler?.Invoke(line);
            return new EndedProcess(code, shown);
        }
    }

    public FilePath Resolve(string tool) => Resolve([tool]);

    public FilePath Resolve(IEnumerable<string> toolExeNames) => toolExeNames.FirstOrDefault(Installed.Contains) is { } name ? $"/usr/bin/{name}" : null!;

    public void RegisterFile(FilePath path)
    {
    }

    public bool HasArgument(string name) => Given.ContainsKey(name);

    public ICollection<string> GetArguments(string name) => HasArgument(name) ? [Given[name]!] : [];

    public IDictionary<string, ICollection<string>> GetArguments() => Given.ToDictionary(pair => pair.Key, ICollection<string> (pair) => [pair.Value!]);

    private static bool IsLook(string line)
        => line.StartsWith("docker ps ", StringComparison.Ordinal) || line.StartsWith("docker inspect ", StringComparison.Ordinal);

    private (int Code, IReadOnlyList<string> Output, IReadOnlyList<string> Error) Answer(string arguments)
    {
        if (!Answers)
            return (1, [], ["Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"]);
        if (Failures.FirstOrDefault(failure => arguments.Contains(failure.Key, StringComparison.Ordinal)) is { Key: not null } failed)
            return (1, [], failed.Value.Split('\n'));
        if (arguments.StartsWith("logs ", StringComparison.Ordinal))
            return (0, Log.Output, Log.Error);
        return Reply(arguments) is { } lines ? (0, lines, []) : (1, [], [$"Error response from daemon: {arguments}"]);
    }

    private (int Code, IReadOnlyList<string> Output, IReadOnlyList<string> Error) Tool(string command)
        => Failures.FirstOrDefault(failure => command.Contains(failure.Key, StringComparison.Ordinal)) is { Key: not null } failed
            ? (1, failed.Value.Split('\n'), [])
            : (0, ["10.0.100"], []);

    private IReadOnlyList<string>? Reply(string arguments)
    {
        var words = Word().Matches(arguments).Select(match => match.Value.Trim('"').Replace("\\\"", "\"", StringComparison.Ordinal)).ToList();
        string After(string option) => words[words.IndexOf(option) + 1];
        switch (words[0], words[1])
        {
            case ("version", _): return ["28.0.0"];
            case ("compose", "version"): return ["2.40.0"];
            case ("compose", _) when words.Contains("up"): return Up(After("--file"), After("--project-name"));
            case ("compose", _) when words.Contains("down"): return Down(After("--project-name"), words.Contains("--volumes"));
            case ("ps", _) when words.Contains("--quiet"): return [.. CutShort];
            case ("rm", "--force"): CutShort.Clear(); return [];
            case ("stop" or "rm", _): return Gone(words[^1]);
            case ("ps", _) when words[^1] == "{{.Names}}": return [.. Neighbours];
            case ("ps", _) when words.Contains("--all"): return [.. _containers.Append(("somebody-else", "grafana")).Select(Row)];
            case ("inspect", _): return [.. words.Skip(3).Select(id => $"{id} 0")];
            case ("image", "inspect"): return words.Skip(4).All(Images.Contains) ? ["sha256:0"] : _built.TryGetValue(words[^1], out var stamp) ? [stamp] : null;
            case ("image", "build"): return Built(After("--tag"), After("--label").Split('=', 2)[1]);
            case ("image", "rm"): return _built.Remove(words[^1]) ? [] : null;
            case ("pull", _): return Images.Add(words[^1]) ? [] : null;
            case ("network", "create"): return Created(_networks, words);
            case ("volume", "create"): return Created(_volumes, words);
            case ("network", "inspect") when arguments.Contains("IPAM", StringComparison.Ordinal): return [Gateway];
            case ("network", "inspect"): return Inspected(_networks, words);
            case ("volume", "inspect"): return Inspected(_volumes, words);
            case ("network", "rm"): return _networks.Remove(words[^1]) ? [] : null;
            case ("volume", "rm"): return _volumes.Remove(words[^1]) ? [] : null;
            case ("volume", "ls") when words.Contains("label=micromonitored.data"): return [.. Sharers];
            case ("volume", "ls"): return [.. _volumes.Where(volume => volume.Value == words[^1].Split('=')[^1]).Select(volume => volume.Key)];
            case ("save", _): return Saved(After("--output"), words.Skip(3));
            case ("load", _): Images.UnionWith(Bundles.ImageFile.Read(After("--input"))); return [];
            case ("info", _): return ["/var/lib/docker"];
            case ("run", _) when words.Contains("/bin/find"): return [.. LogFiles];
            case ("run", _) or ("exec", _): return [];
            default: return null;
        }
    }

    private IReadOnlyList<string>? Saved(string file, IEnumerable<string> references)
    {
        if (!references.All(Images.Contains))
            return null;
        Bundles.ImageFile.Write(file, references.Where(reference => !Nameless.Contains(reference)));
        return [];
    }

    private string Row((string Project, string Service) container, string status)
        => JsonSerializer.Serialize(new
        {
            ID = $"id-{(container.Project == "somebody-else" ? "foreign" : container.Service)}",
            Names = $"{container.Project}-{container.Service}-1",
            Labels = $"a=b,com.docker.compose.project={container.Project},com.docker.compose.project.working_dir="
                + $"{_folders.GetValueOrDefault(container.Project, "/elsewhere")},com.docker.compose.service={container.Service}",
            State = "running",
            Status = status,
        });

    private string Row((string Project, string Service) container) => Row(container, Status);

    private IReadOnlyList<string> Up(string file, string project)
    {
        var services = ServiceName().Matches(Section().Match(System.IO.File.ReadAllText(file)).Value).Select(match => match.Groups[1].Value);
        foreach (var service in services.Where(service => !_containers.Contains((project, service))))
            _containers.Add((project, service));
        _folders[project] = System.IO.Path.GetDirectoryName(file)!;
        _volumes.TryAdd($"{project}_data", project);
        Changed?.Invoke(project, true);
        return [];
    }

    private IReadOnlyList<string> Down(string project, bool volumes)
    {
        if (volumes && _containers.Any(container => container.Project == project))
            _volumes.Remove($"{project}_data");
        _containers.RemoveAll(container => container.Project == project);
        Changed?.Invoke(project, false);
        return [];
    }

    private IReadOnlyList<string> Gone(string name)
    {
        _containers.RemoveAll(container => $"{container.Project}-{container.Service}-1" == name);
        Changed?.Invoke(name[..name.IndexOf("-services", StringComparison.Ordinal)] + "-services", false);
        return [name];
    }

    private IReadOnlyList<string> Built(string tag, string stamp)
    {
        _built[tag] = stamp;
        return [];
    }

    private static IReadOnlyList<string> Created(Dictionary<string, string> things, List<string> words)
    {
        things.Add(words[^1], words[words.IndexOf("--label") + 1].Split('=')[0]);
        return [words[^1]];
    }

    private static IReadOnlyList<string>? Inspected(Dictionary<string, string> things, List<string> words)
        => things.TryGetValue(words[^1], out var label) ? [$$"""{"{{label}}":"x"}"""] : null;

    [GeneratedRegex("\"(\\\\.|[^\"\\\\])*\"|\\S+")]
    private static partial Regex Word();

    [GeneratedRegex(@"(?<=\nservices:.*\n)(  .*\n|\n)*")]
    private static partial Regex Section();

    [GeneratedRegex("^  \"?([a-z0-9-]+)\"?:\\s*$", RegexOptions.Multiline)]
    private static partial Regex ServiceName();
}
