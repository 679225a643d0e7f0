using Cake.Core;

namespace Cake.Frosting;

/// <summary>The context handed to every task.</summary>
public interface IFrostingContext : ICakeContext;
