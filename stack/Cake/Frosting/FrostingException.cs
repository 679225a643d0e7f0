namespace Cake.Frosting;

/// <summary>A build that is put together wrongly.</summary>
public sealed class FrostingException : Exception
{
    /// <summary>Initializes the exception.</summary>
    /// <param name="message">What is wrong.</param>
    public FrostingException(string message)
        : base(message)
    {
    }

    /// <summary>Initializes the exception with its cause.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="innerException">The cause.</param>
    public FrostingException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
