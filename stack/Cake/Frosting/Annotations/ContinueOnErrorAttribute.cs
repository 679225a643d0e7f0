namespace Cake.Frosting;

/// <summary>A failure of this task is a warning and the build goes on.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ContinueOnErrorAttribute : Attribute;
