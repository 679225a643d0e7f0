namespace Cake.Frosting;

/// <summary>Names the target; without it the class name is used.</summary>
/// <param name="name">What a person types after <c>--target=</c>.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class TaskNameAttribute(string name) : Attribute
{
    /// <summary>What a person types after <c>--target=</c>.</summary>
    public string Name { get; } = name;
}
