using MicroMonitored.Model;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Targets.Engines;

/// <summary>Decides which engine a target speaks to, and remembers which one runs.</summary>
public static class EngineSelection
{
    /// <summary>The engine that <c>Up</c> starts: the one that runs already, the one named, or the best that can run here.</summary>
    /// <exception cref="FaultException">The engine named cannot run here, or the other one is up.</exception>
    public static IStackEngine ForUp(BuildContext context, EngineChoice? asked)
    {
        var choice = asked ?? context.Settings.Engine;
        if (Recorded(context) is { } running)
        {
            if (choice != EngineChoice.Auto && !Is(running, choice))
                throw new FaultException($"the stack is up on the {running.Name} engine; run {Paths.Command} --target=Teardown before --engine={Text(choice)}");
            return running;
        }

        if (choice != EngineChoice.Auto)
            return Able(Of(choice, context));
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
        if (asked is { } choice and not EngineChoice.Auto && !Is(running, choice))
            throw new FaultException($"the stack is up on the {running.Name} engine; drop --engine={Text(choice)} or run {Paths.Command} --target=Teardown and Up again");
        return running;
    }

    /// <summary>The engine that runs; where none is known of, each that may hold something of an earlier run.</summary>
    public static IEnumerable<IStackEngine> ForTeardown(BuildContext context, bool purge)
    {
        if (Recorded(context) is { } running)
            return [running];
        var docker = new DockerEngine(context);
        return docker.Obstacles().Count == 0 && (purge || !docker.LeavesNothing())
            ? [new EmbeddedEngine(context), docker]
            : [new EmbeddedEngine(context)];
    }

    /// <summary>The engine that runs, or null.</summary>
    public static IStackEngine? Recorded(BuildContext context)
        => !File.Exists(Marker(context)) ? null : File.ReadAllText(Marker(context)).Trim() == "docker" ? new DockerEngine(context) : new EmbeddedEngine(context);

    /// <summary>Remembers the engine before it starts anything.</summary>
    public static void Record(BuildContext context, IStackEngine engine) => ChangedFile.Write(Marker(context), engine.Name + "\n");

    /// <summary>Forgets it once nothing runs any more.</summary>
    public static void Forget(BuildContext context)
    {
        if (File.Exists(Marker(context)))
            File.Delete(Marker(context));
    }

    private static IStackEngine Able(IStackEngine engine)
        => engine.Obstacles() is { Count: > 0 } obstacles
            ? throw new FaultException([.. obstacles.Select(obstacle => $"--engine={engine.Name} cannot run: {obstacle}")])
            : engine;

    private static IStackEngine Of(EngineChoice choice, BuildContext context) => choice == EngineChoice.Docker ? new DockerEngine(context) : new EmbeddedEngine(context);

    private static bool Is(IStackEngine engine, EngineChoice choice) => engine.Name == Text(choice);

    private static string Text(EngineChoice choice) => choice.ToString().ToLowerInvariant();

    private static string Marker(BuildContext context) => Path.Combine(context.Paths.Run, "engine");
}
