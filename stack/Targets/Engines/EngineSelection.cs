using MicroMonitored.Model;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Targets.Engines;

/// <summary>Decides which engine a target speaks to, and remembers which one runs.</summary>
internal static class EngineSelection
{
    /// <summary>The engine that <c>Up</c> starts: the one that runs already, the one named, or the best that can run here.</summary>
    /// <exception cref="FaultException">The engine named cannot run here, or the other one is up.</exception>
    public static IStackEngine ForUp(BuildContext context, EngineChoice? asked)
    {
        var choice = asked ?? context.Settings.Engine;
        if (Recorded(context) is { } running)
        {
            if (choice != EngineChoice.Auto && running.Kind.Choice != choice)
                throw new FaultException(
                    $"the stack is up on the {running.Name} engine; run {Paths.Command} --target=Teardown before --engine={Named(choice)}");
            return running;
        }

        if (choice != EngineChoice.Auto)
            return Able(Of(Named(choice), context));
        var docker = new DockerEngine(context);
        var obstacle = docker.Obstacles() is [var first, ..] ? first.Split(';')[0] : null;
        obstacle ??= docker.Images.Unreachable() is { } image ? $"the image {image.Reference} ({image.Keys}) is not here and cannot be pulled" : null;
        if (obstacle is null)
        {
            context.Say("Engine: docker, because an engine, Compose and the images are here.");
            return docker;
        }

        context.Say($"Engine: embedded, because {obstacle}.");
        return Able(new EmbeddedEngine(context));
    }

    /// <summary>The engine that runs.</summary>
    /// <exception cref="FaultException">None does.</exception>
    public static IStackEngine Running(BuildContext context, EngineChoice? asked = null)
    {
        var running = Recorded(context) ?? throw new FaultException($"nothing is up; run {Paths.Command} --target=Up first");
        if (asked is { } choice and not EngineChoice.Auto && running.Kind.Choice != choice)
            throw new FaultException(
                $"the stack is up on the {running.Name} engine; drop --engine={Named(choice)} or run {Paths.Command} --target=Teardown and Up again");
        return running;
    }

    /// <summary>The engine that runs; where none is known of, each that may hold something of an earlier run.</summary>
    public static IEnumerable<IStackEngine> ForTeardown(BuildContext context, bool purge)
    {
        if (Recorded(context) is { } running)
            return [running];
        if (Ownership.Original(context.Paths) is { } original)
        {
            context.Say($"This folder is a copy of {original}: what runs there and what it has stored stay.");
            return [new EmbeddedEngine(context)];
        }

        var docker = new DockerEngine(context);
        return docker.Obstacles().Count == 0 && (purge || !docker.LeavesNothing())
            ? [new EmbeddedEngine(context), docker]
            : [new EmbeddedEngine(context)];
    }

    /// <summary>The engine that runs, or null.</summary>
    public static IStackEngine? Recorded(BuildContext context)
        => !File.Exists(Marker(context)) || Ownership.Original(context.Paths) is not null
            ? null
            : Of(StackEngine.All.FirstOrDefault(kind => kind.Name == File.ReadAllText(Marker(context)).Trim()) ?? StackEngine.Embedded, context);

    /// <summary>Remembers the engine before it starts anything.</summary>
    public static void Record(BuildContext context, IStackEngine engine)
    {
        Ownership.Claim(context.Paths);
        ChangedFile.Write(Marker(context), engine.Name + "\n");
        DevelopmentSettings.Write(context, engine.Kind);
    }

    /// <summary>Forgets it once nothing runs any more.</summary>
    public static void Forget(BuildContext context)
    {
        foreach (var file in new[] { Marker(context), context.Paths.Development, context.Paths.Fault }.Where(File.Exists))
            File.Delete(file);
    }

    private static IStackEngine Able(IStackEngine engine)
        => engine.Obstacles() is { Count: > 0 } obstacles
            ? throw new FaultException([.. obstacles.Select(obstacle => $"--engine={engine.Name} cannot run: {obstacle}")])
            : engine;

    private static StackEngine Named(EngineChoice choice) => StackEngine.All.Single(kind => kind.Choice == choice);

    private static IStackEngine Of(StackEngine kind, BuildContext context)
        => kind.Has(Capabilities.Containers) ? new DockerEngine(context) : new EmbeddedEngine(context);

    private static string Marker(BuildContext context) => context.Paths.EngineMarker;
}
