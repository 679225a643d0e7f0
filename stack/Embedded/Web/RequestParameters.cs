using System.Globalization;
using MicroMonitored.Embedded.Query;
using Microsoft.Extensions.Primitives;

namespace MicroMonitored.Embedded.Web;

/// <summary>The parameters of a request: of its address and, for a form post, of its body.</summary>
internal sealed class RequestParameters
{
    private readonly IQueryCollection query;
    private readonly IFormCollection? form;

    private RequestParameters(IQueryCollection query, IFormCollection? form)
    {
        this.query = query;
        this.form = form;
    }

    /// <exception cref="QueryParameterException">A body that is not a readable form.</exception>
    public static async Task<RequestParameters> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (!HttpMethods.IsPost(request.Method) || !request.HasFormContentType)
            return new(request.Query, null);

        try
        {
            return new(request.Query, await request.ReadFormAsync(cancellation));
        }
        catch (InvalidDataException e)
        {
            throw new QueryParameterException("body", e.Message);
        }
    }

    public StringValues this[string name] =>
        form is not null && form.TryGetValue(name, out var posted) && posted.Count > 0
            ? query.TryGetValue(name, out var both) ? StringValues.Concat(posted, both) : posted
            : query[name];

    /// <summary>The first value; null where it is missing or empty.</summary>
    public string? Text(string name) => this[name] is [{ Length: > 0 } first, ..] ? first : null;

    public int Whole(string name, int fallback, int least, int most)
    {
        if (Text(name) is not { } text)
            return fallback;
        if (!int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) || value < least)
            throw new QueryParameterException(name, $"\"{text}\" is not a whole number of at least {least}");
        return value <= most ? value : throw new QueryParameterException(name, $"{value} is more than the limit of {most}");
    }
}
