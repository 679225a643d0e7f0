using System.Text;

namespace MicroMonitored.Embedded.Query.Templates;

/// <summary>One rendering: what is written, and the variables that are set.</summary>
internal sealed class TemplateRun(object data, Func<string, TemplateFunction?> functions)
{
    private const int MostOutput = 1 << 20;
    private const int MostSteps = 100_000;

    private readonly List<(string Name, object? Value)> _variables = [("$", data)];
    private int _steps;

    public StringBuilder Output { get; } = new();

    public int Variables => _variables.Count;

    public void Step()
    {
        if (++_steps > MostSteps)
            throw new TemplateException($"the template takes more than {MostSteps} steps");
    }

    public void Write(string text)
    {
        if (Output.Length + text.Length > MostOutput)
            throw new TemplateException($"the template writes more than {MostOutput} characters");
        Output.Append(text);
    }

    public void Declare(string name, object? value) => _variables.Add((name, value));

    public void Assign(string name, object? value) => _variables[Find(name)] = (name, value);

    public object? Variable(string name) => _variables[Find(name)].Value;

    private int Find(string name) => _variables.FindLastIndex(one => one.Name == name) is >= 0 and var found
        ? found
        : throw new TemplateException($"undefined variable \"{name}\"");

    public void Forget(int count) => _variables.RemoveRange(count, _variables.Count - count);

    public object? Call(string name, object?[] arguments)
    {
        Step();
        try
        {
            return (functions(name) ?? TemplateBuiltIns.Of(name))!(arguments);
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException or FormatException or OverflowException or DivideByZeroException
            or InvalidCastException or QuerySyntaxException)
        {
            throw new TemplateException($"error calling {name}: {(e is IndexOutOfRangeException ? "wrong number of arguments" : e.Message)}");
        }
    }
}

/// <summary>How a block of a loop ended.</summary>
internal enum TemplateFlow
{
    On,
    Break,
    Continue,
}

/// <summary>A part of a template that writes.</summary>
internal abstract record TemplateNode
{
    public abstract TemplateFlow Write(TemplateRun run, object? dot);
}

internal sealed record TemplateText(string Text) : TemplateNode
{
    public override TemplateFlow Write(TemplateRun run, object? dot)
    {
        run.Write(Text);
        return TemplateFlow.On;
    }
}

internal sealed record TemplateList(IReadOnlyList<TemplateNode> Nodes) : TemplateNode
{
    public override TemplateFlow Write(TemplateRun run, object? dot)
    {
        foreach (var node in Nodes)
        {
            run.Step();
            if (node.Write(run, dot) is not TemplateFlow.On and var flow)
                return flow;
        }

        return TemplateFlow.On;
    }
}

/// <summary><c>{{ pipeline }}</c>; what is only assigned is not written.</summary>
internal sealed record TemplateAction(TemplatePipeline Pipeline) : TemplateNode
{
    public override TemplateFlow Write(TemplateRun run, object? dot)
    {
        var value = Pipeline.Of(run, dot);
        if (Pipeline.Names.Count == 0)
            run.Write(GoText.Print(value));
        return TemplateFlow.On;
    }
}

internal sealed record TemplateJump(TemplateFlow Flow) : TemplateNode
{
    public override TemplateFlow Write(TemplateRun run, object? dot) => Flow;
}

/// <summary><c>if</c>, and with <see cref="With"/> <c>with</c>, which makes the value the dot.</summary>
internal sealed record TemplateIf(TemplatePipeline Pipeline, TemplateNode Then, TemplateNode? Else, bool With) : TemplateNode
{
    public override TemplateFlow Write(TemplateRun run, object? dot)
    {
        var variables = run.Variables;
        var value = Pipeline.Of(run, dot);
        var flow = GoText.IsTrue(value) ? Then.Write(run, With ? value : dot) : Else?.Write(run, dot) ?? TemplateFlow.On;
        run.Forget(variables);
        return flow;
    }
}

internal sealed record TemplateRange(TemplatePipeline Pipeline, TemplateNode Body, TemplateNode? Else) : TemplateNode
{
    public override TemplateFlow Write(TemplateRun run, object? dot)
    {
        var variables = run.Variables;
        var items = Items(Pipeline.Value(run, dot)).ToList();
        if (items.Count == 0)
            return Else?.Write(run, dot) ?? TemplateFlow.On;
        foreach (var (key, value) in items)
        {
            run.Step();
            if (Pipeline.Names.Count == 2)
                run.Declare(Pipeline.Names[0], key);
            if (Pipeline.Names.Count > 0)
                run.Declare(Pipeline.Names[^1], value);
            var flow = Body.Write(run, value);
            run.Forget(variables);
            if (flow == TemplateFlow.Break)
                break;
        }

        return TemplateFlow.On;
    }

    private static IEnumerable<(object? Key, object? Value)> Items(object? value) => value switch
    {
        null => [],
        IReadOnlyList<object?> list => list.Select(static (item, i) => ((object?)(long)i, item)),
        IReadOnlyDictionary<string, object?> map =>
            map.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => ((object?)pair.Key, pair.Value)),
        IReadOnlyDictionary<string, string> map =>
            map.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => ((object?)pair.Key, (object?)pair.Value)),
        long count => Enumerable.Range(0, (int)Math.Clamp(count, 0, 10_000)).Select(static i => ((object?)(long)i, (object?)(long)i)),
        _ => throw new TemplateException($"range can't iterate over {GoText.Print(value)}"),
    };
}

/// <summary>Commands, each given the value of the one before as its last argument; <see cref="Names"/> are the variables that take the result.</summary>
internal sealed record TemplatePipeline(IReadOnlyList<string> Names, bool Declares, IReadOnlyList<TemplateCommand> Commands)
{
    public object? Of(TemplateRun run, object? dot)
    {
        var value = Value(run, dot);
        foreach (var name in Names)
        {
            if (Declares)
                run.Declare(name, value);
            else
                run.Assign(name, value);
        }

        return value;
    }

    public object? Value(TemplateRun run, object? dot)
    {
        object? value = null;
        for (var i = 0; i < Commands.Count; i++)
            value = Commands[i].Of(run, dot, i == 0 ? [] : [value]);
        return value;
    }
}

/// <summary>A function with arguments, or one value.</summary>
internal sealed record TemplateCommand(string? Function, IReadOnlyList<TemplateOperand> Operands)
{
    public object? Of(TemplateRun run, object? dot, object?[] piped)
    {
        switch (Function)
        {
            case null:
                if (piped.Length > 0 || Operands.Count > 1)
                    throw new TemplateException("can't give argument to non-function");
                return Operands[0].Of(run, dot);
            case "and" or "or":
                object? last = piped.Length > 0 && Operands.Count == 0 ? piped[0] : null;
                foreach (var operand in Operands)
                {
                    last = operand.Of(run, dot);
                    if (GoText.IsTrue(last) == (Function == "or"))
                        return last;
                }

                return piped.Length > 0 ? piped[0] : last;
            default:
                return run.Call(Function, [.. Operands.Select(operand => operand.Of(run, dot)), .. piped]);
        }
    }
}

/// <summary>A value and the fields looked up in it one after the other.</summary>
internal sealed record TemplateOperand(Func<TemplateRun, object?, object?> Start, IReadOnlyList<string> Fields)
{
    public object? Of(TemplateRun run, object? dot)
    {
        var value = Start(run, dot);
        foreach (var field in Fields)
        {
            value = value switch
            {
                IReadOnlyDictionary<string, string> texts => texts.GetValueOrDefault(field, ""),
                IReadOnlyDictionary<string, object?> map => map.GetValueOrDefault(field),
                null => throw new TemplateException($"nil pointer evaluating .{field}"),
                _ => throw new TemplateException($"can't evaluate field {field} in {GoText.Print(value)}"),
            };
        }

        return value;
    }
}
