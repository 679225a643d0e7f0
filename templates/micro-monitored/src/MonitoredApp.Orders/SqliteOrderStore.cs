using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MonitoredApp.Orders;

/// <summary>The orders, in the SQLite database that <c>ConnectionStrings:Orders</c> names, else in <c>orders.db</c> beside the program.</summary>
/// <remarks>SQLite has no asynchronous I/O: the asynchronous methods of Microsoft.Data.Sqlite would block, too.</remarks>
internal sealed class OrderStore : IHealthCheck
{
    private readonly string _database;

    public OrderStore(IConfiguration configuration)
    {
        _database = configuration.GetConnectionString("Orders") ?? $"Data Source={Path.Combine(AppContext.BaseDirectory, "orders.db")}";
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = """
            PRAGMA journal_mode = WAL;
            CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, sku TEXT NOT NULL, quantity INTEGER NOT NULL, placed_at TEXT NOT NULL)
            """;
        command.ExecuteNonQuery();
    }

    public void Add(Order order)
        => Run("INSERT", "INSERT INTO orders (id, sku, quantity, placed_at) VALUES ($id, $sku, $quantity, $placed_at)",
            static command => command.ExecuteNonQuery(),
            new("$id", order.Id), new("$sku", order.Sku), new("$quantity", order.Quantity), new("$placed_at", order.PlacedAt));

    public Order? Find(Guid id)
        => Run("SELECT", "SELECT id, sku, quantity, placed_at FROM orders WHERE id = $id", Read, new SqliteParameter("$id", id)).FirstOrDefault();

    public IReadOnlyList<Order> Newest(int count)
        => Run("SELECT", "SELECT id, sku, quantity, placed_at FROM orders ORDER BY rowid DESC LIMIT $count", Read, new SqliteParameter("$count", count));

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var connection = Open();
        return Task.FromResult(HealthCheckResult.Healthy());
    }

    private static List<Order> Read(SqliteCommand command)
    {
        using var rows = command.ExecuteReader();
        var orders = new List<Order>();
        while (rows.Read())
            orders.Add(new Order(rows.GetGuid(0), rows.GetString(1), rows.GetInt32(2), rows.GetDateTimeOffset(3)));
        return orders;
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_database);
        connection.Open();
        return connection;
    }

    /// <summary>Microsoft.Data.Sqlite tells nothing by itself: each statement is a span, named as OpenTelemetry's conventions for databases say.</summary>
    private T Run<T>(string operation, string query, Func<SqliteCommand, T> execute, params SqliteParameter[] parameters)
    {
        using var span = OrdersTelemetry.Spans.StartActivity($"{operation} orders", ActivityKind.Client);
        span?.SetTag("db.system.name", "sqlite").SetTag("db.operation.name", operation).SetTag("db.collection.name", "orders").SetTag("db.query.text", query);
        try
        {
            using var connection = Open();
            using var command = connection.CreateCommand();
            command.CommandText = query;
            command.Parameters.AddRange(parameters);
            return execute(command);
        }
        catch (SqliteException fault)
        {
            span?.SetTag("error.type", fault.GetType().FullName).SetTag("db.response.status_code", $"{fault.SqliteErrorCode}")
                .SetStatus(ActivityStatusCode.Error, fault.Message);
            throw;
        }
    }
}

internal static class OrderStoreRegistration
{
    public static void AddOrderStore(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<OrderStore>();
        builder.Services.AddHealthChecks().AddCheck<OrderStore>("orders");
    }
}
