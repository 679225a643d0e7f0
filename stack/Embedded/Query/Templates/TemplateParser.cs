using System.Globalization;
using System.Text;

namespace MicroMonitored.Embedded.Query.Templates;

/// <summary>Reads a template.</summary>
internal sealed class TemplateParser(string text, IReadOnlySet<string> functions)
{
    private const int Deepest = 60;

    private int _at;
    private int _depth;
    private readonly List<string> _variables = ["$"];

    private static TemplateException Bad(string what) => new(what);

    public TemplateNode Read()
    {
        if (text.Length > QueryLimits.QueryLength)
            throw Bad($"longer than {QueryLimits.QueryLength} characters");
        var node = Block(out var end, inLoop: false);
        return end.Length == 0 ? node : throw Bad($"unexpected {{{{{end}}}}}");
    }

    private TemplateList Block(out string end, bool inLoop)
    {
        if (++_depth > Deepest)
            throw Bad($"nests deeper than {Deepest} levels");
        var nodes = new List<TemplateNode>();
        end = "";
        while (_at < text.Length)
        {
            var open = text.IndexOf("{{", _at, StringComparison.Ordinal);
            Literal(nodes, open < 0 ? text.Length : open);
            if (open < 0)
                break;
            _at = open + 2;
            if (_at + 1 < text.Length && text[_at] == '-' && char.IsWhiteSpace(text[_at + 1]))
                _at++;
            Space();
            if (Skip("/*"))
            {
                var close = text.IndexOf("*/", _at, StringComparison.Ordinal);
                _at = close < 0 ? throw Bad("unclosed comment") : close + 2;
                Close();
                continue;
            }

            var word = Word();
            if (word is "end" or "else")
            {
                Take(word);
                end = word;
                break;
            }

            nodes.Add(Action(word, inLoop));
        }

        _depth--;
        return new(nodes);
    }

    // A trim marker takes the white space of the text beside it.
    private void Literal(List<TemplateNode> nodes, int end)
    {
        var literal = text[_at..end];
        if (_at >= 3 && text[_at - 1] == '}' && text[_at - 3] == '-')
            literal = literal.TrimStart();
        if (end + 3 < text.Length && text[end + 2] == '-' && char.IsWhiteSpace(text[end + 3]))
            literal = literal.TrimEnd();
        if (literal.Length > 0)
            nodes.Add(new TemplateText(literal));
        _at = end;
    }

    private TemplateNode Action(string word, bool inLoop)
    {
        switch (word)
        {
            case "if" or "with" or "range":
                Take(word);
                return Control(word, inLoop);
            case "break" or "continue":
                Take(word);
                Close();
                return inLoop
                    ? new TemplateJump(word == "break" ? TemplateFlow.Break : TemplateFlow.Continue)
                    : throw Bad($"{{{{{word}}}}} outside {{{{range}}}}");
            case "define" or "template" or "block":
                throw Bad($"{{{{{word}}}}} is not supported by the embedded engine");
            default:
                var pipeline = Pipeline();
                Close();
                return new TemplateAction(pipeline);
        }
    }

    private TemplateNode Control(string word, bool inLoop)
    {
        var variables = _variables.Count;
        var pipeline = Pipeline(word == "range");
        Close();
        var then = Block(out var end, inLoop || word == "range");
        TemplateNode? other = null;
        if (end == "else")
        {
            if (word != "range" && Word() == word)
            {
                Take(word);
                other = Control(word, inLoop);
                _variables.RemoveRange(variables, _variables.Count - variables);
                return new TemplateIf(pipeline, then, other, word == "with");
            }

            Close();
            other = Block(out end, inLoop);
        }

        if (end != "end")
            throw Bad($"unexpected {(end.Length == 0 ? "EOF" : $"{{{{{end}}}}}")} in {word}");
        Close();
        _variables.RemoveRange(variables, _variables.Count - variables);
        return word == "range" ? new TemplateRange(pipeline, then, other) : new TemplateIf(pipeline, then, other, word == "with");
    }

    private void Space()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at]))
            _at++;
    }

    private bool Skip(string sign)
    {
        if (string.CompareOrdinal(text, _at, sign, 0, sign.Length) != 0)
            return false;
        _at += sign.Length;
        return true;
    }

    private void Take(string word)
    {
        _at += word.Length;
        Space();
    }

    private string Word()
    {
        var end = _at;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_'))
            end++;
        return text[_at..end];
    }

    private bool AtClose => string.CompareOrdinal(text, _at, "}}", 0, 2) == 0 || string.CompareOrdinal(text, _at, "-}}", 0, 3) == 0;

    private void Close()
    {
        Space();
        if (!Skip("-}}") && !Skip("}}"))
            throw Bad(_at >= text.Length ? "unclosed action" : $"unexpected \"{text[_at]}\" in operand");
    }

    private TemplatePipeline Pipeline(bool inRange = false)
    {
        if (++_depth > Deepest)
            throw Bad($"nests deeper than {Deepest} levels");
        var (names, declares) = Targets(inRange);
        var commands = new List<TemplateCommand>();
        do
        {
            Space();
            commands.Add(Command(commands.Count > 0));
            Space();
        }
        while (Skip("|"));
        if (declares)
            _variables.AddRange(names);
        _depth--;
        return new(names, declares, commands);
    }

    private (List<string> Names, bool Declares) Targets(bool inRange)
    {
        var start = _at;
        var names = new List<string>();
        while (_at < text.Length && text[_at] == '$')
        {
            _at++;
            names.Add("$" + Word());
            Take(names[^1][1..]);
            if (Skip(":="))
                return (names, true);
            if (_at + 1 < text.Length && text[_at] == '=' && text[_at + 1] != '=')
            {
                _at++;
                return (names, false);
            }

            if (!inRange || !Skip(","))
                break;
            Space();
        }

        _at = start;
        return ([], false);
    }

    private TemplateCommand Command(bool piped)
    {
        var word = Word();
        if (word.Length > 0 && !char.IsDigit(word[0]) && word is not ("true" or "false" or "nil"))
        {
            if (word is not ("and" or "or") && !functions.Contains(word) && TemplateBuiltIns.Of(word) is null)
                throw Bad($"function \"{word}\" not defined");
            Take(word);
            return new(word, Operands());
        }

        var operands = Operands();
        if (operands.Count == 0)
            throw Bad(_at >= text.Length ? "unclosed action" : "missing value for command");
        // A field given arguments is no function; only running it shows that, as in Go.
        return piped || operands.Count > 1 ? new(null, [.. operands, operands[0]]) : new(null, operands);
    }

    private List<TemplateOperand> Operands()
    {
        var operands = new List<TemplateOperand>();
        while (true)
        {
            Space();
            if (_at >= text.Length)
                throw Bad("unclosed action");
            if (AtClose || text[_at] is '|' or ')')
                return operands;
            operands.Add(Operand());
        }
    }

    private TemplateOperand Operand()
    {
        var c = text[_at];
        switch (c)
        {
            case '"' or '`' or '\'':
                return Constant(Quoted(c));
            case '(':
                _at++;
                Space();
                var inner = Pipeline();
                Space();
                if (!Skip(")"))
                    throw Bad("unclosed left paren");
                return new((run, dot) => inner.Of(run, dot), Fields());
            case '.' when _at + 1 >= text.Length || !char.IsDigit(text[_at + 1]):
                if (_at + 1 < text.Length && (char.IsLetter(text[_at + 1]) || text[_at + 1] == '_'))
                    return new(static (_, dot) => dot, Fields());
                _at++;
                return new(static (_, dot) => dot, []);
            case '$':
                _at++;
                var name = "$" + Word();
                _at += name.Length - 1;
                if (!_variables.Contains(name))
                    throw Bad($"undefined variable \"{name}\"");
                return new((run, _) => run.Variable(name), Fields());
        }

        if (char.IsDigit(c) || c is '-' or '+' or '.')
            return Number();
        var word = Word();
        if (word.Length == 0)
            throw Bad($"unexpected \"{c}\" in operand");
        _at += word.Length;
        return word switch
        {
            "true" => Constant(true),
            "false" => Constant(false),
            "nil" => Constant(null),
            _ when functions.Contains(word) || TemplateBuiltIns.Of(word) is not null => new((run, _) => run.Call(word, []), Fields()),
            _ => throw Bad($"function \"{word}\" not defined"),
        };
    }

    private static TemplateOperand Constant(object? value) => new((_, _) => value, []);

    private object Quoted(char quote)
    {
        if (!QuotedText.TryRead(text, ref _at, out var value, out var error))
            throw Bad(error);
        return quote == '\'' ? (object)(long)value.EnumerateRunes().FirstOrDefault().Value : value;
    }

    private TemplateOperand Number()
    {
        var start = _at;
        if (text[_at] is '-' or '+')
            _at++;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '.' or '_'))
            _at++;
        var number = text[start.._at].Replace("_", "", StringComparison.Ordinal);
        if (long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return Constant(whole);
        return Quantities.TryNumber(number, out var value) ? Constant(value) : throw Bad($"bad number syntax: \"{number}\"");
    }

    private List<string> Fields()
    {
        var fields = new List<string>();
        while (_at + 1 < text.Length && text[_at] == '.' && (char.IsLetter(text[_at + 1]) || text[_at + 1] == '_'))
        {
            _at++;
            var field = Word();
            _at += field.Length;
            fields.Add(field);
        }

        return fields;
    }
}
