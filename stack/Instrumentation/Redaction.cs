using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace MicroMonitored.Instrumentation;

/// <summary>
/// Takes secrets out of what exceptions tell: the values of a URL's query and its user, of keys such as password, token and secret,
/// and what follows Bearer, Basic, Authorization and Cookie. OpenTelemetry's instrumentation does so for the query of a request.
/// </summary>
internal static partial class Redaction
{
    private const string Redacted = "Redacted";

    private static readonly ActivityListener Recorder = new()
    {
        ShouldListenTo = static _ => true,
        ExceptionRecorder = static (Activity _, Exception fault, ref TagList tags) =>
        {
            if (Of(fault) is not { } told)
                return;
            tags.Add("exception.message", told.Message);
            tags.Add("exception.stacktrace", told.ToString());
        },
    };

    /// <summary>From now on, every exception that is added to a span of this process is told without secrets.</summary>
    // A listener that is there already is not added again.
    public static void Begin() => ActivitySource.AddActivityListener(Recorder);

    /// <summary>The text without secrets.</summary>
    public static string Of(string text) => Secret().Replace(text, static match => match.Groups["before"].Value + Redacted);

    /// <summary>The exception as it is told without secrets; null where it tells none.</summary>
    public static RedactedException? Of(Exception fault)
    {
        try
        {
            var text = fault.ToString();
            return Of(text) is var safe && safe == text ? null : new RedactedException(fault.GetType().FullName!, Of(fault.Message), safe);
        }
#pragma warning disable CA1031 // An exception that cannot be printed must not take the request down with it.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    [GeneratedRegex("""
        (?<before>[?&][\w.%\[\]-]{1,64}=)[^&\s"'<>\#)]+
        |(?<before>\b(?:authorization|(?:set-)?cookie)["']?\s*[:=]\s*["']?)[^\r\n"']+
        |(?<before>\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}
        |(?<before>(?:\b|[_-])
          (?:password|passwd|pwd|secret|token|accesstoken|clientsecret|api[_-]?key|(?:shared[_-]?)?access[_-]?key|account[_-]?key|sig)
          (?:\s*=\s*["']?|["']\s*:\s*["']))[^\s"';,&)}]+
        |(?<before>://)[^/\s:@]+:[^/\s@]+(?=@)
        """, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture)]
    private static partial Regex Secret();

    /// <summary>Puts what exceptions tell without secrets in their place, for exporters that print them themselves.</summary>
    internal sealed class Processor : BaseProcessor<LogRecord>
    {
        public override void OnEnd(LogRecord data)
        {
            if (data.Exception is not { } fault || (fault as RedactedException ?? Of(fault)) is not { } told)
                return;
            data.Exception = null;
            data.Attributes =
            [
                .. data.Attributes ?? [],
                new("exception.type", told.Type), new("exception.message", told.Message), new("exception.stacktrace", told.ToString()),
            ];
        }
    }
}

/// <summary>An exception as it is told without secrets.</summary>
/// <param name="type">The full name of its type.</param>
/// <param name="text">The message, those of inner exceptions, and the stack.</param>
internal sealed class RedactedException(string type, string message, string text) : Exception(message)
{
    public string Type => type;

    public override string ToString() => text;
}
