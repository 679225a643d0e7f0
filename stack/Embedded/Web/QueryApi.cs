using MicroMonitored.Embedded.Hosting;
using MicroMonitored.Embedded.Ingest;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Web.Dashboards;
using MicroMonitored.Embedded.Web.Pages;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MicroMonitored.Embedded.Web;

/// <summary>The query APIs of the products the engine stands in for, one product per port.</summary>
internal static class QueryApi
{
    // Queries are synchronous reads; more of them at once would only slow each other and the writers.
    private const int Concurrency = 16;

    /// <summary>Needs the readers of Store/Readers.cs and an <see cref="Store.ILogWriter"/> beside it.</summary>
    public static void AddServices(IServiceCollection services)
    {
        services.TryAddSingleton<RequestBody>();
        services.AddSingleton<MatcherPolicy, ListenerPolicy>();
        services.AddSingleton<PageSources>().AddSingleton<PrometheusApi>().AddSingleton<LokiApi>().AddSingleton<TempoApi>().AddSingleton<GrafanaApi>()
            .AddSingleton<PagesApi>();
    }

    /// <summary>Maps the APIs; each answers on its product's port only, and answers every path there.</summary>
    public static void Map(WebApplication app, EmbeddedOptions options)
    {
        var products = new Dictionary<int, ProductApi>();
        Add<PrometheusApi>(options.Ports.Prometheus);
        Add<LokiApi>(options.Ports.Loki);
        Add<TempoApi>(options.Ports.Tempo);
        Add<PagesApi>(options.Ports.Grafana);
        var gate = new SemaphoreSlim(Concurrency);

        // Else the pool waits long before it adds threads to those that queries keep, and writers and those that cancel wait with it.
        ThreadPool.GetMinThreads(out var threads, out var ports);
        ThreadPool.SetMinThreads(Math.Max(threads, Concurrency + Environment.ProcessorCount + 4), ports);
        app.Use((context, next) => context.Connection.LocalPort == options.Ports.Grafana && PageAnswer.IsLive(context.Request)
            ? next(context)
            : products.TryGetValue(context.Connection.LocalPort, out var product)
            ? AnswerAsync(context, next, product, () => Listener.Paths(app, context.Connection.LocalPort), gate)
            : next(context));

        void Add<T>(int port) where T : ProductApi
        {
            if (port == 0)
                return;
            products.Add(port, app.Services.GetRequiredService<T>());
            products[port].Map(app.MapGroup("").WithMetadata(new Listener(port)));
        }
    }

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next, ProductApi product, Func<string> paths, SemaphoreSlim gate)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var gone = context.RequestAborted;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(gone);
        limit.CancelAfter(QueryLimits.Time);
        context.RequestAborted = limit.Token;
        IResult? instead = null;
        try
        {
            await gate.WaitAsync(limit.Token);
            try
            {
                await next(context);
            }
            finally
            {
                gate.Release();
            }

            instead = (context.Response.StatusCode, context.GetEndpoint()) switch
            {
                (StatusCodes.Status404NotFound, null) => product.Missing(context.Request.Path, paths()),
                (StatusCodes.Status405MethodNotAllowed, _) => Answers.Text("Method Not Allowed\n", StatusCodes.Status405MethodNotAllowed),
                _ => null,
            };
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (Exception e) when (ProductApi.IsAnswerable(e) && !context.Response.HasStarted)
        {
            instead = product.Fail(e);
        }
        finally
        {
            context.RequestAborted = gone;
        }

        if (instead is not null)
            await instead.ExecuteAsync(context);
    }
}
