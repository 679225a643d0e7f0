using System.Globalization;
using System.Reflection;
using System.Text;
using Cake.Core;
using Cake.Core.IO;
using Cake.Core.Tooling;

namespace Cake.Docker;

/// <summary>Turns settings into arguments.</summary>
public static class ArgumentsBuilderExtension
{
    /// <summary>Appends a command, its options in the order of their declaration, and its operands.</summary>
    /// <typeparam name="TSettings">The settings.</typeparam>
    /// <param name="builder">Takes the arguments.</param>
    /// <param name="command">The command; empty when the tool is the command.</param>
    /// <param name="settings">The options.</param>
    /// <param name="arguments">The operands, appended as they are: whoever passes a space quotes it.</param>
    public static void AppendAll<TSettings>(this ProcessArgumentBuilder builder, string command, TSettings settings, string[] arguments)
        where TSettings : AutoToolSettings, new()
    {
        if (command.Length > 0)
            builder.Append(command);

        foreach (var property in typeof(TSettings).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.DeclaringType!.IsAssignableFrom(typeof(AutoToolSettings)))
                continue;

            var secret = settings.SecretProperties.Contains(property.Name);
            foreach (var (option, value) in OptionsOf(property, property.GetValue(settings)))
                AppendOption(builder, option, value, secret);
        }

        foreach (var argument in arguments.Where(a => a.Length > 0))
            builder.Append(argument);
    }

    private static IEnumerable<(string Option, object? Value)> OptionsOf(PropertyInfo property, object? value)
    {
        var option = "--" + ToOptionName(property.Name);
        return value switch
        {
            true => [(option, null)],
            int number => [(option, number)],
            string { Length: > 0 } text => [(option, text)],
            string[] texts => texts.Select(text => (option, (object?)text)),
            _ => [],
        };
    }

    private static void AppendOption(ProcessArgumentBuilder builder, string option, object? value, bool secret)
    {
        builder.Append(option);
        if (value is int number)
            builder.Append(number.ToString(CultureInfo.InvariantCulture));
        else if (value is string text && secret)
            builder.AppendQuotedSecret(text);
        else if (value is string plain)
            builder.AppendQuoted(plain);
    }

    private static string ToOptionName(string property)
    {
        var name = new StringBuilder();
        foreach (var c in property)
        {
            if (char.IsAsciiLetterUpper(c) && name.Length > 0)
                name.Append('-');
            name.Append(char.ToLowerInvariant(c));
        }

        return name.ToString();
    }
}
