using Cake.Core;

namespace Cake.Frosting;

/// <summary>Base class of a build's own context.</summary>
/// <param name="context">The Cake context to pass everything on to.</param>
public class FrostingContext(ICakeContext context) : CakeContextAdapter(context), IFrostingContext;
