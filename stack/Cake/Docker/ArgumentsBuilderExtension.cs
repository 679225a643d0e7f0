using System.Reflection;
using System.Text;
using Cake.Core;
using Cake.Core.IO;

namespace Cake.Docker;

/// <summary>Turns settings into arguments.</summary>
internal static class ArgumentsBuilderExtension
{
    /// <summary>Appends a command, its options in the order of their declaration, and its operands.</summary>
    /// <param name="command">The command; empty when the tool is the command.</param>
    /// <param name="arguments">The operands, appended as they are: whoever passes a space quotes it.</param>
    public static void AppendAll<TSettings>(this ProcessArgumentBuilder builder, string command, TSettings settings, string[] arguments)
        where TSettings : AutoToolSettings
    {
        if (command.Length > 0)
            builder.Append(command);
        foreach (var property in typeof(TSettings).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (!property.DeclaringType!.IsAssignableFrom(typeof(AutoToolSettings)))
                AppendOption(builder, OptionName(property.Name), property.GetValue(settings));
        }

        foreach (var argument in arguments.Where(a => a.Length > 0))
            builder.Append(argument);
    }

    private static void AppendOption(ProcessArgumentBuilder builder, string option, object? value)
    {
        if (value is true)
            builder.Append(option);
        foreach (var text in value as string[] ?? (value is string { Length: > 0 } single ? [single] : []))
            builder.Append(option).AppendQuoted(text);
    }

    private static string OptionName(string property)
    {
        var name = new StringBuilder("-");
        foreach (var letter in property)
            name.Append(char.IsAsciiLetterUpper(letter) ? "-" : "").Append(char.ToLowerInvariant(letter));
        return name.ToString();
    }
}
