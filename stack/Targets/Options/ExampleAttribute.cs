namespace MicroMonitored.Targets.Options;

/// <summary>A command line that the help of a target shows.</summary>
/// <param name="options">What follows the target's name: <c>--component=loki --follow</c>.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class ExampleAttribute(string options) : Attribute
{
    /// <summary>What follows the target's name.</summary>
    public string Options => options;
}

/// <summary>Says that a task runs others itself and so takes their options too; those of its dependencies it takes anyway.</summary>
/// <param name="tasks">The tasks that it runs.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OptionsOfAttribute(params Type[] tasks) : Attribute
{
    /// <summary>The tasks that it runs.</summary>
    public IReadOnlyList<Type> Tasks => tasks;

    /// <summary>Those of their options, by name, that make no sense here.</summary>
    public string[] Without { get; init; } = [];
}
