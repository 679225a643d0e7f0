using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Monitoring.Logs;

/// <summary>Writes one log entry as one line of JSON into a buffer that each thread reuses.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The writer holds only managed memory and lives as long as its thread.")]
internal sealed class JsonLine
{
    /// <summary>The longest line in bytes; a longer one keeps its head of the message and says that it was cut.</summary>
    public const int MaxBytes = 128 * 1024;

    private const int CutCharacters = 8 * 1024;

    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private static readonly JsonEncodedText Timestamp = JsonEncodedText.Encode("timestamp");
    private static readonly JsonEncodedText Level = JsonEncodedText.Encode("level");
    private static readonly JsonEncodedText Service = JsonEncodedText.Encode("service");
    private static readonly JsonEncodedText Message = JsonEncodedText.Encode("message");
    private static readonly JsonEncodedText TraceId = JsonEncodedText.Encode("trace_id");
    private static readonly JsonEncodedText SpanId = JsonEncodedText.Encode("span_id");
    private static readonly JsonEncodedText Category = JsonEncodedText.Encode("category");
    private static readonly JsonEncodedText Exception = JsonEncodedText.Encode("exception");
    private static readonly JsonEncodedText Truncated = JsonEncodedText.Encode("truncated");

    private static readonly JsonEncodedText[] Levels =
        [.. Enum.GetValues<LogLevel>().Select(level => JsonEncodedText.Encode(level.ToString().ToLowerInvariant()))];

    [ThreadStatic]
    private static JsonLine? current;

    private readonly ArrayBufferWriter<byte> buffer = new(1024);
    private readonly Utf8JsonWriter json;

    private JsonLine() => json = new Utf8JsonWriter(buffer, Options);

    /// <summary>The line of an entry, newline included; valid until the next call on this thread.</summary>
    public static ReadOnlySpan<byte> Write<TState>(
        in JsonEncodedText service,
        in JsonEncodedText category,
        DateTime now,
        LogLevel level,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (typeof(TState) == typeof(RequestLine))
            return RequestJson.Write(service, category, now, Levels[(int)level], Unsafe.As<TState, RequestLine>(ref state));
        var line = current ??= new JsonLine();
        line.Begin(service, category, now, level);
        line.Entry(state, exception, formatter);
        if (line.json.BytesPending + line.buffer.WrittenCount > MaxBytes)
        {
            line.Begin(service, category, now, level);
            line.Cut(Format(state, exception, formatter), exception);
        }

        return line.End();
    }

    private void Begin(in JsonEncodedText service, in JsonEncodedText category, DateTime now, LogLevel level)
    {
        buffer.ResetWrittenCount();
        json.Reset();
        json.WriteStartObject();
        Span<byte> time = stackalloc byte[28];
        now.TryFormat(time, out var length, "O", CultureInfo.InvariantCulture);
        json.WriteString(Timestamp, time[..length]);
        json.WriteString(Level, Levels[(int)level]);
        json.WriteString(Service, service);
        json.WriteString(Category, category);
        if (Activity.Current is not { IdFormat: ActivityIdFormat.W3C } activity)
            return;
        json.WriteString(TraceId, activity.TraceId.ToHexString());
        json.WriteString(SpanId, activity.SpanId.ToHexString());
    }

    private ReadOnlySpan<byte> End()
    {
        json.WriteEndObject();
        json.Flush();
        buffer.GetSpan(1)[0] = (byte)'\n';
        buffer.Advance(1);
        var line = buffer.WrittenSpan;
        if (buffer.Capacity > MaxBytes * 2)
            current = null;
        return line;
    }

    private void Entry<TState>(TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        json.WriteString(Message, Format(state, exception, formatter));
        if (state is IReadOnlyList<KeyValuePair<string, object?>> fields)
            Fields(fields);
        if (exception is not null)
            json.WriteString(Exception, Print(exception));
    }

    private void Cut(string message, Exception? exception)
    {
        json.WriteString(Message, Head(message));
        if (exception is not null)
            json.WriteString(Exception, Head(Print(exception)));
        json.WriteBoolean(Truncated, true);
    }

    private void Fields(IReadOnlyList<KeyValuePair<string, object?>> fields)
    {
        for (var index = 0; index < fields.Count; index++)
        {
            var (name, value) = fields[index];
            if (name is "{OriginalFormat}" || Repeats(fields, index))
                continue;
            json.WritePropertyName(IsReserved(name) ? $"{name}_" : name);
            Value(value);
        }
    }

    private void Value(object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case byte or sbyte or short or ushort or int or long:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case uint or ulong:
                json.WriteNumberValue(Convert.ToUInt64(value, CultureInfo.InvariantCulture));
                break;
            case decimal number:
                json.WriteNumberValue(number);
                break;
            case float or double when Convert.ToDouble(value, CultureInfo.InvariantCulture) is var number && double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            default:
                json.WriteStringValue(Print(value));
                break;
        }
    }

    private static bool Repeats(IReadOnlyList<KeyValuePair<string, object?>> fields, int index)
    {
        for (var earlier = 0; earlier < index; earlier++)
            if (fields[earlier].Key == fields[index].Key)
                return true;
        return false;
    }

    private static bool IsReserved(string name)
        => name is "timestamp" or "level" or "service" or "message" or "trace_id" or "span_id" or "category" or "exception" or "truncated";

    private static string Format<TState>(TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            return formatter(state, exception);
        }
#pragma warning disable CA1031 // a value that cannot be printed must not take the request down with it
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return Unprintable(fault);
        }
    }

    private static string Print(object value)
    {
        try
        {
            return (value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : value.ToString()) ?? "";
        }
#pragma warning disable CA1031 // as above
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return Unprintable(fault);
        }
    }

    private static string Unprintable(Exception fault) => $"<{fault.GetType().Name} while printing>";

    private static string Head(string text) => text.Length <= CutCharacters ? text : text[..CutCharacters];
}
