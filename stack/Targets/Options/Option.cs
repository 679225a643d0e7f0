using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using MicroMonitored.Model;
using MicroMonitored.Model.Settings;

namespace MicroMonitored.Targets.Options;

/// <summary>
/// An option of a target. A task declares what it takes as static fields of this type and reads them with
/// <see cref="BuildContext.GetValue{T}"/>; the listing, the help and the refusal of every other option come from these fields.
/// </summary>
/// <param name="name">Without dashes, in lower case.</param>
/// <param name="form">How its value is written, as the help shows it; empty where it takes none.</param>
/// <param name="description">What it does, in half a sentence.</param>
public abstract class Option(string name, string form, string description)
{
    /// <summary>The name, without dashes.</summary>
    public string Name => name;

    /// <summary>The values that it takes, where the help lists them, each with what it means.</summary>
    internal IReadOnlyList<(string Value, string Meaning)> Values { get; private protected init; } = [];

    /// <summary>How it is written: <c>--lines=50</c>.</summary>
    public string Usage => form.Length == 0 ? $"--{name}" : $"--{name}={form}";

    /// <summary>What it does.</summary>
    public string Description => description;

    /// <summary>An option that is given or not: <c>--follow</c>, also <c>--follow=false</c>.</summary>
    public static Option<bool> Flag(string name, string description)
        => new(name, "", description, false, $"--{name}, --{name}=true or --{name}=false", ReadFlag);

    /// <summary>A text; null where the option is not given.</summary>
    /// <param name="form">What stands for it in the help, in capitals: <c>NAME</c>.</param>
    public static Option<string?> Text(string name, string form, string description)
        => new(name, form, description, null, $"--{name}={form}", static (string text, out string? value) => (value = text).Length > 0);

    /// <summary>One of several values, which the help of the target lists; null where the option is not given.</summary>
    /// <param name="values">Each value and what it means.</param>
    /// <inheritdoc cref="Text"/>
    public static Option<string?> OneOf(string name, string form, string description, IReadOnlyList<(string Value, string Meaning)> values)
        => new(
            name,
            form,
            description,
            null,
            "one of those that --help lists",
            (string text, out string? value)
                => (value = values.FirstOrDefault(known => known.Value.Equals(text, StringComparison.OrdinalIgnoreCase)).Value) is not null,
            values);

    /// <summary>Texts with commas between them; none where the option is not given.</summary>
    /// <inheritdoc cref="Text"/>
    public static Option<IReadOnlyList<string>> List(string name, string form, string description)
        => new(name, form, description, [], $"--{name}={form}", ReadList);

    /// <summary>A whole number.</summary>
    /// <param name="fallback">Where the option is not given.</param>
    /// <param name="least">The smallest number that is taken.</param>
    public static Option<int> Number(string name, int fallback, string description, int least = 1)
        => new(
            name,
            fallback.ToString(CultureInfo.InvariantCulture),
            description,
            fallback,
            $"a number, at least {least}",
            (string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least);

    /// <summary>A duration such as <c>90s</c> or <c>10m</c>; a bare number is seconds.</summary>
    /// <param name="fallback">Where the option is not given.</param>
    public static Option<TimeSpan> Duration(string name, string fallback, string description)
        => new(name, fallback, description, PrometheusDuration.Parse(fallback).Value, "a duration such as 30s or 10m", ReadDuration);

    /// <summary>One of an enumeration's names, in lower case.</summary>
    /// <param name="fallback">Where the option is not given.</param>
    public static Option<T> Choice<T>(string name, T fallback, string description)
        where T : struct, Enum
        => new(name, string.Join('|', Words<T>()), description, fallback, Either<T>(), TryChoose);

    /// <summary>One of an enumeration's names, in lower case; null where the option is not given.</summary>
    public static Option<T?> Choice<T>(string name, string description)
        where T : struct, Enum
        => new(name, string.Join('|', Words<T>()), description, null, Either<T>(), static (string text, out T? value) =>
        {
            var known = TryChoose<T>(text, out var chosen);
            value = chosen;
            return known;
        });

    /// <summary>What is wrong with the values given; null where nothing is.</summary>
    internal abstract string? Fault(IReadOnlyList<string?> given);

    /// <summary>Names in a sentence: <c>a, b and c</c>.</summary>
    internal static string Listed(IReadOnlyList<string> names, string conjunction = "and")
        => names.Count < 2 ? string.Concat(names) : $"{string.Join(", ", names.SkipLast(1))} {conjunction} {names[^1]}";

    private static bool ReadFlag(string text, out bool value) => bool.TryParse(text.Length == 0 ? bool.TrueString : text, out value);

    private static bool ReadDuration(string text, out TimeSpan value)
    {
        var seconds = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
        var known = PrometheusDuration.TryParse(seconds ? text + "s" : text, out var duration);
        value = known ? duration.Value : default;
        return known;
    }

    private static bool ReadList(string text, out IReadOnlyList<string> value)
        => (value = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Count > 0;

    private static bool TryChoose<T>(string text, out T value)
        where T : struct, Enum
    {
        value = default;
        return Words<T>().Contains(text) && Enum.TryParse(text, ignoreCase: true, out value);
    }

    [SuppressMessage("Globalization", "CA1308", Justification = "Command lines are written in lower case.")]
    private static IReadOnlyList<string> Words<T>()
        where T : struct, Enum
        => [.. Enum.GetNames<T>().Select(word => word.ToLowerInvariant())];

    private static string Either<T>()
        where T : struct, Enum
        => Listed(Words<T>(), "or");
}

/// <summary>Reads an option's value; a bare <c>--name</c> is an empty text.</summary>
internal delegate bool OptionReader<T>(string text, out T value);

/// <summary>An option with values of one type; made by the methods of <see cref="Option"/>.</summary>
/// <typeparam name="T">What a task reads.</typeparam>
public sealed class Option<T> : Option
{
    private readonly string _expected;
    private readonly OptionReader<T> _read;

    internal Option(
        string name, string form, string description, T fallback, string expected, OptionReader<T> read,
        IReadOnlyList<(string Value, string Meaning)>? values = null)
        : base(name, form, description)
        => (Fallback, _expected, _read, Values) = (fallback, expected, read, values ?? []);

    /// <summary>The value where the option is not given.</summary>
    public T Fallback { get; }

    /// <summary>The value of what is given, or <see cref="Fallback"/>.</summary>
    internal T Value(IReadOnlyList<string?> given) => given.Count > 0 && _read(given[^1] ?? "", out var value) ? value : Fallback;

    internal override string? Fault(IReadOnlyList<string?> given)
        => given.Distinct().Count() > 1 ? $"--{Name} is given {given.Count} times ({string.Join(", ", given)}); give it once"
            : given is [.., var text] && !_read(text ?? "", out _)
                ? $"--{Name}{(text is null ? "" : $"={text}")}: {(Nearest.Of(text ?? "", Values.Select(known => known.Value)) is { } nearest
                    ? $"did you mean {nearest}?" : $"use {_expected}")}"
            : null;
}
