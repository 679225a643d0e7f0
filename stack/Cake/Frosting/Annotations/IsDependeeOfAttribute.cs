namespace Cake.Frosting;

/// <summary>This task runs before the named one, which need not know it.</summary>
/// <param name="type">A type that implements <see cref="IFrostingTask"/>.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class IsDependeeOfAttribute(Type type) : Attribute
{
    /// <summary>The task that runs after this one.</summary>
    public Type Task { get; } = type;
}
