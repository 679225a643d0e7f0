using Cake.Core.Tooling;

namespace Cake.Docker;

/// <summary>Settings whose own properties are options: <c>NoCache</c> is <c>--no-cache</c>, null and false are left out, an array repeats the option.</summary>
public abstract class AutoToolSettings : ToolSettings
{
    /// <summary>Initializes the settings.</summary>
    protected AutoToolSettings() => SecretProperties = [.. CollectSecretProperties() ?? []];

    /// <summary>Names of the properties whose values no log may show.</summary>
    public HashSet<string> SecretProperties { get; }

    /// <summary>Names the properties whose values no log may show.</summary>
    /// <returns>Property names; null for none.</returns>
    protected virtual string[]? CollectSecretProperties() => null;
}

/// <summary>Settings of a command without options of interest.</summary>
public class EmptySettings : AutoToolSettings;

/// <summary>Settings of a command that has no alias of its own.</summary>
public sealed class DockerCustomCommandSettings : AutoToolSettings;
