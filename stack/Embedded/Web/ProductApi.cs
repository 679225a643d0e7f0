using MicroMonitored.Embedded.Ingest;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Web;

/// <summary>What is answered on one product's port, and how that product says what went wrong.</summary>
internal abstract class ProductApi
{
    protected static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];
    protected static readonly string[] ReadOrForm = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post];

    protected abstract string Product { get; }

    /// <summary>Maps the product's endpoints.</summary>
    public abstract void Map(IEndpointRouteBuilder routes);

    /// <summary>Where there is no such endpoint; <paramref name="paths"/> are those there are.</summary>
    public virtual IResult Missing(string path, string paths) => Answers.Text(
        $"MicroMonitored embedded engine, {Product} API: {path} is {(path == "/" ? "only this note" : "not supported")}. "
        + $"It answers {paths}. Run the stack with --engine=docker for all of {Product}.\n",
        path == "/" ? StatusCodes.Status200OK : StatusCodes.Status404NotFound);

    /// <summary>The answer to a failed request.</summary>
    public IResult Fail(Exception exception) => exception switch
    {
        IngestException ingest => Refuse(ingest.Status, ingest.Message),
        BadHttpRequestException bad => Refuse(bad.StatusCode, bad.Message),
        _ => FailQuery(exception),
    };

    public static bool IsAnswerable(Exception e) => e is QuerySyntaxException or QueryExecutionException or QueryParameterException
        or QueryLimitException or OperationCanceledException or Pages.MissingPageException
        or StoreUnavailableException or BadHttpRequestException or IngestException;

    protected abstract IResult FailQuery(Exception exception);

    protected virtual IResult Refuse(int status, string reason) => Answers.Text(reason + "\n", status);
}
