using MicroMonitored.Model;

namespace MicroMonitored.Verification.Clients;

/// <summary>Asks a stack that somebody else runs whether it lets Verify in, before anything is sent.</summary>
internal static class ExternalAccess
{
    /// <exception cref="FaultException">An address refuses the credentials: one line for each.</exception>
    public static async Task RequireAsync(VerificationRun run)
    {
        if (!run.Plan.IsExternal)
            return;
        var queries = run.Plan.Endpoints.Components.Select(part => RefusalAsync(
            part.Component.Name, token => run.Http.GetAsync(part.Component.Name, new Endpoint(part.Address).At(part.Component.QueryPath), token)));
        // An export of nothing is valid, and leaves nothing behind (OTLP/HTTP, an empty ExportTraceServiceRequest).
        var receiver = run.Sender.Receiver(Probes.TraceProtocol.OtlpHttpProtobuf)!;
        var refusals = await Task.WhenAll(queries.Append(RefusalAsync(
            "otlpHttp", token => run.Http.PostAsync("otlpHttp", receiver, [], "application/x-protobuf", token)))).ConfigureAwait(false);
        if (refusals.OfType<string>().ToList() is { Count: > 0 } faults)
            throw new FaultException(faults);

        async Task<string?> RefusalAsync(string name, Func<CancellationToken, Task<HttpAnswer>> ask)
        {
            try
            {
                var answer = await ask(CancellationToken.None).ConfigureAwait(false);
                return answer.Status is 401 or 403 or 407
                    ? $"{name} refuses the credentials ({answer.Status}); correct user, password, token, tenant or headers of {name} "
                        + $"in {run.Plan.Engine}, or the variables that it names"
                    : null;
            }
            catch (SignalException)
            {
                // What does not answer is for the checks to say.
                return null;
            }
        }
    }
}
