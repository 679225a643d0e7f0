namespace MicroMonitored.Embedded.Query.Templates;

/// <summary>A template that cannot be read, or whose functions fail on a value.</summary>
internal sealed class TemplateException(string message) : Exception(message);

/// <summary>A function of a template: values in, one value out.</summary>
internal delegate object? TemplateFunction(object?[] arguments);

/// <summary>
/// A text template of Go's <c>text/template</c> without definitions: actions, pipelines, variables, <c>if</c>, <c>with</c>, <c>range</c>, comments and
/// trim markers.
/// Values are texts, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, <see cref="GoTime"/>, lists and dictionaries.
/// </summary>
internal sealed class GoTemplate
{
    private readonly TemplateNode _root;

    private GoTemplate(TemplateNode root) => _root = root;

    /// <param name="text">The template.</param>
    /// <param name="functions">The names that may be called beside Go's own.</param>
    /// <exception cref="TemplateException">It cannot be read.</exception>
    public static GoTemplate Parse(string text, IReadOnlySet<string> functions) => new(new TemplateParser(text, functions).Read());

    /// <param name="data">What <c>.</c> is: names with their texts or values; a missing text is empty.</param>
    /// <param name="functions">The functions that were named to <see cref="Parse"/>.</param>
    /// <exception cref="TemplateException">A function fails.</exception>
    public string Render(object data, Func<string, TemplateFunction?> functions)
    {
        var run = new TemplateRun(data, functions);
        _root.Write(run, data);
        return run.Output.ToString();
    }
}
