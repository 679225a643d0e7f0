using System.Globalization;
using MicroMonitored.Embedded.Query;
using Microsoft.Extensions.Primitives;

namespace MicroMonitored.Embedded.Web;

/// <summary>The parameters of a request: of its address and, for a form post, of its body.</summary>
internal sealed class RequestParameters(IQueryCollection query, IFormCollection? form)
{
    /// <exception cref="QueryParameterException">A body that is not a readable form.</exception>
    /// <exception cref="BadHttpRequestException">415 for a body that is no form.</exception>
    public static async ValueTask<RequestParameters?> BindAsync(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsPost(request.Method) || request.ContentLength is 0)
            return new(request.Query, null);
        if (!request.HasFormContentType)
        {
            return request.ContentLength is null
                ? new(request.Query, null)
                : throw new BadHttpRequestException("a POST must carry application/x-www-form-urlencoded", StatusCodes.Status415UnsupportedMediaType);
        }

        try
        {
            return new(request.Query, await request.ReadFormAsync(context.RequestAborted));
        }
        catch (InvalidDataException e)
        {
            throw new QueryParameterException("body", e.Message);
        }
    }

    public StringValues this[string name] => StringValues.Concat(form?[name] ?? StringValues.Empty, query[name]);

    /// <summary>The first value; null where it is missing or empty.</summary>
    public string? Text(string name) => this[name] is [{ Length: > 0 } first, ..] ? first : null;

    /// <summary>Every parameter of the address with its values, in its order.</summary>
    public IEnumerable<(string Name, string? Value)> All() => query.SelectMany(static one => one.Value.Select(value => (one.Key, value)));

    public int Whole(string name, int fallback, int least, int most)
    {
        if (Text(name) is not { } text)
            return fallback;
        if (!int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) || value < least)
            throw new QueryParameterException(name, $"\"{text}\" is not a whole number of at least {least}");
        return value <= most ? value : throw new QueryParameterException(name, $"{value} is more than the limit of {most}");
    }
}
