using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Probes;

/// <summary>Fires the alert that Verify provokes by a metric of its own, and takes what the stack tells of it.</summary>
internal sealed class AlertProbe : IAsyncDisposable
{
    // A run that is cut short leaves no alert behind that nobody takes the end of.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly string _run;
    private readonly string _urlFile;
    private readonly FileStream _lock;
    private readonly ExposedListener _listener;
    private readonly ConcurrentQueue<JsonElement> _told = new();
    private volatile bool _isEnded;
    private volatile bool _isScraped;
    private int _isDisposed;

    private AlertProbe(Exposure exposure, string run, FileStream @lock)
    {
        (_run, _urlFile, _lock) = (run, exposure.UrlFile!, @lock);
        _listener = new ExposedListener(exposure, SyntheticTrace.Service, Metrics, Take);
        File.WriteAllText(_urlFile, $"http://{_listener.ReachedAs}/alerts\n");
        // Whatever this user's umask says, a container of another user reads it.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_urlFile, (UnixFileMode)0b110_100_100);
    }

    /// <summary>Whether it has been scraped.</summary>
    public bool IsScraped => _isScraped;

    /// <summary>Host and port as seen from the stack.</summary>
    public string ReachedAs => _listener.ReachedAs;

    /// <summary>Whether nothing is waited for any more.</summary>
    public bool IsOver { get; set; }

    /// <summary>Begins to fire; where another run of Verify does so, after it.</summary>
    /// <exception cref="IOException">It cannot listen, or not write where the stack reads.</exception>
    public static async Task<AlertProbe> StartAsync(VerificationRun run, Exposure exposure, CancellationToken cancellation)
    {
        for (var began = run.Time.GetTimestamp(); ; await Task.Delay(Pause, run.Time, cancellation).ConfigureAwait(false))
        {
            FileStream? taken = null;
            try
            {
                // There is one webhook for all runs.
                taken = new FileStream(exposure.UrlFile + ".lock", FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
                return new AlertProbe(exposure, run.Identity.Id, taken);
            }
            catch (IOException exception) when (taken is null && exception is not DirectoryNotFoundException
                && run.Time.GetElapsedTime(began) < run.MetricLimit)
            {
                // Another run has it.
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                if (taken is not null)
                    await taken.DisposeAsync().ConfigureAwait(false);
                throw new IOException(exception.Message, exception);
            }
        }
    }

    /// <summary>Lets the alert end.</summary>
    public void End() => _isEnded = true;

    /// <summary>The first message that tells of this run's alert as <c>firing</c> or <c>resolved</c>, and the alert in it; null before.</summary>
    public (JsonElement Message, JsonElement Alert)? Told(string status)
    {
        foreach (var message in _told)
        {
            if (message.Items("alerts").FirstOrDefault(alert => IsOurs(alert) && alert.Text("status") == status) is { ValueKind: JsonValueKind.Object } alert)
                return (message, alert);
        }
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
            return;
        End();
        for (var left = Farewell; !IsOver && Told("firing") is not null && Told("resolved") is null && left > TimeSpan.Zero; left -= Pause)
            await Task.Delay(Pause).ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
        File.Delete(_urlFile);
        await _lock.DisposeAsync().ConfigureAwait(false);
    }

    private static bool IsAlert(JsonElement alert) => alert.TextMap("labels").GetValueOrDefault("alertname") == VerifyAlert.Name;

    private bool IsOurs(JsonElement alert) => IsAlert(alert) && alert.TextMap("labels").GetValueOrDefault(VerifyAlert.RunLabel) == _run;

    private string Metrics()
    {
        _isScraped = true;
        return string.Create(CultureInfo.InvariantCulture, $$"""
            # HELP {{VerifyAlert.Metric}} Whether the alert {{VerifyAlert.Name}} shall fire.
            # TYPE {{VerifyAlert.Metric}} gauge
            {{VerifyAlert.Metric}}{{{VerifyAlert.RunLabel}}="{{_run}}"} {{(_isEnded ? 0 : 1)}}

            """);
    }

    private bool Take(byte[] body)
    {
        try
        {
            using var message = JsonDocument.Parse(body);
            _told.Enqueue(message.RootElement.Clone());
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
