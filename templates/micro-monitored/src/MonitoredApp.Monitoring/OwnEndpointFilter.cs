using System.Diagnostics;
using OpenTelemetry;

namespace MonitoredApp.Monitoring;

/// <summary>Keeps scrapes and health checks out of the traces: their span is never recorded nor exported.</summary>
internal sealed class OwnEndpointFilter : BaseProcessor<Activity>
{
    public override void OnStart(Activity data)
    {
        if (data.Kind != ActivityKind.Server || !OwnEndpoints.Contains(data.GetTagItem("url.path") as string))
            return;

        data.IsAllDataRequested = false;
        data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }
}
