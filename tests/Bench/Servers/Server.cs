using System.Runtime;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Bench.Servers;

/// <summary>The server under load: the same program for every variant, on a free port of the loopback.</summary>
public static partial class Server
{
    /// <summary>The trivial endpoint.</summary>
    public const string Hello = "/hello";

    /// <summary>Answers how many bytes the process has allocated.</summary>
    public const string Allocated = "/allocated";

    /// <summary>Answers how many methods the process has compiled, each tier counted.</summary>
    public const string Compiled = "/compiled";

    /// <summary>Writes as many log lines as the query's <c>count</c> says, numbered from <c>from</c>.</summary>
    public const string Lines = "/lines";

    /// <summary>Runs until its input ends, so that it never outlives who started it; prints its address first.</summary>
    public static async Task<int> RunAsync(string variant, string folder)
    {
        var (_, _, configure, map) = Variant.Named(variant);
        var builder = WebApplication.CreateBuilder();
        // The appsettings.json of dotnet new web.
        builder.Configuration["Logging:LogLevel:Default"] = "Information";
        builder.Configuration["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning";
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        configure(builder, folder);

        await using var app = builder.Build();
        map(app);
        app.MapGet(Hello, static () => "Hello World!");
        app.MapGet(Allocated, static () => GC.GetTotalAllocatedBytes(precise: true));
        app.MapGet(Compiled, static () => JitInfo.GetCompiledMethodCount());
        app.MapGet(Lines, static (int from, int count, ILoggerFactory loggers) =>
        {
            var logger = loggers.CreateLogger("Bench.Lines");
            for (var number = from; number < from + count; number++)
                LineWritten(logger, number);
        });
        await app.StartAsync();
        await Console.Out.WriteLineAsync(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        _ = Task.Run(async () =>
        {
            await Console.In.ReadToEndAsync();
            app.Lifetime.StopApplication();
        });
        await app.WaitForShutdownAsync();
        return 0;
    }

    [LoggerMessage(LogLevel.Information, "line {Number}")]
    private static partial void LineWritten(ILogger logger, int number);
}
