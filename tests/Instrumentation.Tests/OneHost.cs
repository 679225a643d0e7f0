namespace Instrumentation.Tests;

/// <summary>Spans and instruments have listeners that hear all of a process, so two hosts would hear each other.</summary>
[CollectionDefinition(AtATime)]
public sealed class OneHost
{
    public const string AtATime = "one host at a time";
}
