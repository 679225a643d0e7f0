using MicroMonitored.Model.Rendering;
using MicroMonitored.Model.Settings;

namespace Stack.Tests.Rendering;

/// <summary>The shipped assets rendered into a folder of the test's own.</summary>
internal sealed class RenderedStack : IDisposable
{
    public static string Assets { get; } = Path.Combine(AppContext.BaseDirectory, "stack", "assets");

    public RenderedStack(StackModel? model = null, string? assets = null)
    {
        Model = model ?? Default;
        Folder = Directory.CreateTempSubdirectory("micromonitored-render-").FullName;
        Files = StackRenderer.Render(Model, assets ?? Assets, Folder);
    }

    public static StackModel Default { get; } = StackModel.Create(Settings(), [])
        with { Services = Containers("shop-inventory", "shop-orders"), SecretsGroup = 1000 };

    public StackModel Model { get; }

    public string Folder { get; }

    public IReadOnlyList<RenderedFile> Files { get; }

    public static IReadOnlyList<ServiceContainer> Containers(params string[] names)
        => [.. names.Select((name, index) => new ServiceContainer(name, $"sample-micro-app/{name}:local", 8080 + index))];

    /// <summary>The default settings, with those of the environment in place.</summary>
    public static StackSettings Settings(params (string Name, string Value)[] variables)
        => SettingsReader.Parse("{}", "stack.json", "/", variables.ToDictionary(pair => pair.Name, pair => pair.Value));

    public string PathOf(string file) => Path.Combine(Folder, file);

    public string Text(string file) => File.ReadAllText(PathOf(file));

    public YamlNode Yaml(string file) => YamlNode.Parse(Text(file));

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
