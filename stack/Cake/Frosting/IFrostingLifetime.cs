using Cake.Core;

namespace Cake.Frosting;

/// <summary>Runs before the build.</summary>
public interface IFrostingSetup
{
    /// <summary>Runs before the build.</summary>
    /// <param name="context">The build's context.</param>
    /// <param name="info">What is about to run.</param>
    void Setup(ICakeContext context, ISetupContext info);
}

/// <summary>Runs after the build, also when it failed.</summary>
public interface IFrostingTeardown
{
    /// <summary>Runs after the build, also when it failed.</summary>
    /// <param name="context">The build's context.</param>
    /// <param name="info">What ran and how it went.</param>
    void Teardown(ICakeContext context, ITeardownContext info);
}

/// <summary>Both ends of the build.</summary>
public interface IFrostingLifetime : IFrostingSetup, IFrostingTeardown;
