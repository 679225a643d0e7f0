namespace Cake.Frosting;

/// <summary>The named task runs before this one.</summary>
/// <param name="type">A type that implements <see cref="IFrostingTask"/>.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class IsDependentOnAttribute(Type type) : Attribute
{
    /// <summary>The task that runs first.</summary>
    public Type Task { get; } = type;
}
