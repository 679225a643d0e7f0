using System.Buffers;
using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;

namespace MicroMonitored.Instrumentation.Logs;

/// <summary>Writes one log record as one line of JSON into a buffer that each thread reuses.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The writer holds only managed memory and lives as long as its thread.")]
internal sealed class JsonLine
{
    /// <summary>The longest line in bytes; a longer one keeps its head of the message and says that it was cut.</summary>
    public const int MaxBytes = 128 * 1024;

    private const int CutCharacters = 8 * 1024;
    private const string Template = "{OriginalFormat}";

    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private static readonly JsonEncodedText Timestamp = JsonEncodedText.Encode("timestamp");
    private static readonly JsonEncodedText Level = JsonEncodedText.Encode("level");
    private static readonly JsonEncodedText Service = JsonEncodedText.Encode("service");
    private static readonly JsonEncodedText Category = JsonEncodedText.Encode("category");
    private static readonly JsonEncodedText Message = JsonEncodedText.Encode("message");
    private static readonly JsonEncodedText TraceId = JsonEncodedText.Encode("trace_id");
    private static readonly JsonEncodedText SpanId = JsonEncodedText.Encode("span_id");

    private static readonly JsonEncodedText[] Levels =
        [.. Enum.GetValues<LogLevel>().Select(level => JsonEncodedText.Encode(level.ToString().ToLowerInvariant()))];

    [ThreadStatic]
    private static JsonLine? _current;

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly List<KeyValuePair<string, object?>> _fields = [];
    private readonly List<KeyValuePair<string, object?>> _scopeFields = [];
    private readonly List<string> _scopes = [];
    private readonly Utf8JsonWriter _json;

    private JsonLine() => _json = new Utf8JsonWriter(_buffer, Options);

    /// <summary>The line of a record, newline included; valid until the next call on this thread.</summary>
    public static ReadOnlySpan<byte> Write(in JsonEncodedText service, LogRecord record)
    {
        var line = _current ??= new JsonLine();
        line.Begin(service, record);
        line.Entry(record);
        if (line._json.BytesPending + line._buffer.WrittenCount > MaxBytes)
        {
            line.Begin(service, record);
            line.Cut(record);
        }

        return line.End();
    }

    private void Begin(in JsonEncodedText service, LogRecord record)
    {
        _buffer.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        Span<byte> time = stackalloc byte[28];
        record.Timestamp.ToUniversalTime().TryFormat(time, out var length, "O", CultureInfo.InvariantCulture);
        _json.WriteString(Timestamp, time[..length]);
        _json.WriteString(Level, Levels[(int)record.LogLevel]);
        _json.WriteString(Service, service);
        _json.WriteString(Category, record.CategoryName);
        if (record.TraceId == default)
            return;
        _json.WriteString(TraceId, record.TraceId.ToHexString());
        _json.WriteString(SpanId, record.SpanId.ToHexString());
    }

    private ReadOnlySpan<byte> End()
    {
        _json.WriteEndObject();
        _json.Flush();
        _buffer.GetSpan(1)[0] = (byte)'\n';
        _buffer.Advance(1);
        if (_buffer.Capacity > MaxBytes * 2)
            _current = null;
        return _buffer.WrittenSpan;
    }

    private void Entry(LogRecord record)
    {
        _json.WriteString(Message, record.FormattedMessage ?? record.Body);
        Collect(record);
        for (var index = 0; index < _fields.Count; index++)
        {
            var (name, value) = _fields[index];
            if (IsRepeated(index))
                continue;
            _json.WritePropertyName(IsReserved(name) ? $"{name}_" : name);
            Value(value);
        }

        if (_scopes.Count > 0)
        {
            _json.WriteStartArray("scopes");
            foreach (var scope in _scopes)
                _json.WriteStringValue(scope);
            _json.WriteEndArray();
        }

        if (record.Exception is { } fault)
            Exception(fault, int.MaxValue);
        _fields.Clear();
    }

    private void Cut(LogRecord record)
    {
        _json.WriteString(Message, Head(record.FormattedMessage ?? record.Body ?? "", CutCharacters));
        if (record.Exception is { } fault)
            Exception(fault, CutCharacters);
        _json.WriteBoolean("truncated", true);
    }

    private void Exception(Exception fault, int characters)
    {
        fault = Redaction.Of(fault) ?? fault;
        _json.WriteString("exception_type", (fault as RedactedException)?.Type ?? fault.GetType().FullName);
        _json.WriteString("exception_message", Head(fault.Message, characters));
        _json.WriteString("exception", Head(Print(fault), characters));
    }

    /// <summary>The fields of the message, then those of the scopes, the innermost first: the first of a name is written.</summary>
    private void Collect(LogRecord record)
    {
        _fields.Clear();
        _scopeFields.Clear();
        _scopes.Clear();
        if (record.Attributes is { } attributes)
            for (var index = 0; index < attributes.Count; index++)
                if (attributes[index] is var field && field.Key is not Template)
                    _fields.Add(field);
        record.ForEachScope(static (scope, line) => line.CollectScope(scope.Scope), this);
        for (var index = _scopeFields.Count - 1; index >= 0; index--)
            _fields.Add(_scopeFields[index]);
    }

    private void CollectScope(object? scope)
    {
        switch (scope)
        {
            // What the logger factory adds of the span: the line has it already.
            case IReadOnlyList<KeyValuePair<string, object?>> and [{ Key: "SpanId" }, { Key: "TraceId" }, ..]:
                break;
            case IReadOnlyList<KeyValuePair<string, object?>> fields:
                for (var index = 0; index < fields.Count; index++)
                    CollectScopeField(fields[index], scope);
                break;
            case IEnumerable<KeyValuePair<string, object?>> fields:
                foreach (var field in fields)
                    CollectScopeField(field, scope);
                break;
            case IDictionary fields:
                foreach (DictionaryEntry field in fields)
                    _scopeFields.Add(new(Print(field.Key), field.Value));
                break;
            case KeyValuePair<string, object?> field:
                _scopeFields.Add(field);
                break;
            case ITuple { Length: 2 } pair when pair[0] is string name:
                _scopeFields.Add(new(name, pair[1]));
                break;
            case not null:
                _scopes.Add(Print(scope));
                break;
        }
    }

    private void CollectScopeField(KeyValuePair<string, object?> field, object scope)
    {
        if (field.Key is Template)
            _scopes.Add(Print(scope));
        else
            _scopeFields.Add(field);
    }

    private void Value(object? value)
    {
        switch (value)
        {
            case null:
                _json.WriteNullValue();
                break;
            case string text:
                _json.WriteStringValue(text);
                break;
            case bool flag:
                _json.WriteBooleanValue(flag);
                break;
            case int number:
                _json.WriteNumberValue(number);
                break;
            case byte or sbyte or short or ushort or uint or long:
                _json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                _json.WriteNumberValue(number);
                break;
            case decimal number:
                _json.WriteNumberValue(number);
                break;
            case float or double when Convert.ToDouble(value, CultureInfo.InvariantCulture) is var number && double.IsFinite(number):
                _json.WriteNumberValue(number);
                break;
            case byte[] bytes:
                _json.WriteBase64StringValue(bytes);
                break;
            case ICollection items and not IDictionary:
                _json.WriteStartArray();
                foreach (var item in items)
                    _json.WriteStringValue(Print(item));
                _json.WriteEndArray();
                break;
            default:
                _json.WriteStringValue(Print(value));
                break;
        }
    }

    private bool IsRepeated(int index)
    {
        for (var earlier = 0; earlier < index; earlier++)
            if (_fields[earlier].Key == _fields[index].Key)
                return true;
        return false;
    }

    private static bool IsReserved(string name)
        => name is "timestamp" or "level" or "service" or "message" or "trace_id" or "span_id" or "category" or "scopes" or "truncated"
            or "exception" or "exception_type" or "exception_message";

    private static string Print(object? value)
    {
        try
        {
            return (value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : value?.ToString()) ?? "";
        }
#pragma warning disable CA1031 // a value that cannot be printed must not take the request down with it
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return $"<{fault.GetType().Name} while printing>";
        }
    }

    private static string Head(string text, int characters) => text.Length <= characters ? text : text[..characters];
}
