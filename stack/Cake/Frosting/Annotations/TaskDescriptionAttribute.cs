namespace Cake.Frosting;

/// <summary>Describes the target in <c>--description</c> and <c>--help</c>.</summary>
/// <param name="description">One line.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class TaskDescriptionAttribute(string description) : Attribute
{
    /// <summary>One line.</summary>
    public string Description { get; } = description;
}
