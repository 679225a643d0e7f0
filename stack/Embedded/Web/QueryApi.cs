using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Web;

/// <summary>The query APIs of the products the engine stands in for, one product per port.</summary>
public static class QueryApi
{
    // Queries are synchronous reads; more of them at once would only slow each other and the writers.
    private const int Concurrency = 16;

    /// <summary>Maps the APIs; each answers on its product's port only, and answers every path there.</summary>
    /// <remarks>Needs the readers of Store/Readers.cs and <see cref="ILogWriter"/> in the services of <paramref name="app"/>.</remarks>
    public static void Map(WebApplication app, EmbeddedOptions options)
    {
        var services = app.Services;
        var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        var gate = new SemaphoreSlim(Concurrency);
        var prometheus = new PrometheusApi(services.GetRequiredService<IMetricReader>(), services.GetRequiredService<ITargetReader>(), options, time);
        var loki = new LokiApi(services.GetRequiredService<ILogReader>(), services.GetRequiredService<ILogWriter>(), time);
        var tempo = new TempoApi(services.GetRequiredService<ISpanReader>());
        var pages = new Pages(
            new(services.GetRequiredService<IMetricReader>(), services.GetRequiredService<ILogReader>(), services.GetRequiredService<ISpanReader>(),
                services.GetRequiredService<ITargetReader>(), services.GetRequiredService<IStoreStatistics>()),
            options,
            time);
        Branch(app, options.Ports.Prometheus, gate, prometheus.AnswerAsync, PrometheusApi.FailAsync);
        Branch(app, options.Ports.Loki, gate, loki.AnswerAsync, LokiApi.FailAsync);
        Branch(app, options.Ports.Tempo, gate, tempo.AnswerAsync, TempoApi.FailAsync);
        Branch(app, options.Ports.Grafana, gate, pages.AnswerAsync, Pages.FailAsync);
    }

    private static void Branch(WebApplication app, int port, SemaphoreSlim gate, Func<HttpContext, CancellationToken, Task> answer, Func<HttpContext, Exception, Task> fail)
    {
        if (port == 0)
            return;

        app.MapWhen(context => context.Connection.LocalPort == port, branch => branch.Run(async context =>
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            timeout.CancelAfter(QueryLimits.Time);
            try
            {
                await gate.WaitAsync(timeout.Token);
                try
                {
                    await answer(context, timeout.Token);
                }
                finally
                {
                    gate.Release();
                }
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                context.Abort();
            }
            catch (Exception e) when (IsAnswerable(e) && !context.Response.HasStarted)
            {
                await fail(context, e);
            }
        }));
    }

    private static bool IsAnswerable(Exception e) => e is QuerySyntaxException or QueryExecutionException or QueryParameterException
        or QueryLimitException or OperationCanceledException or StoreUnavailableException or BadHttpRequestException;
}
