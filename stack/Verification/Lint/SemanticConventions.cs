namespace MicroMonitored.Verification.Lint;

/// <summary>What the linter knows of OpenTelemetry's semantic conventions, version 1.37: https://opentelemetry.io/docs/specs/semconv/.</summary>
internal static class SemanticConventions
{
    /// <summary>Attributes that were renamed, with their names now.</summary>
    public static readonly IReadOnlyDictionary<string, string> Renamed = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["http.method"] = "http.request.method", ["http.status_code"] = "http.response.status_code", ["http.url"] = "url.full",
        ["http.target"] = "url.path and url.query", ["http.scheme"] = "url.scheme", ["http.host"] = "server.address",
        ["http.flavor"] = "network.protocol.version", ["http.user_agent"] = "user_agent.original", ["http.client_ip"] = "client.address",
        ["http.server_name"] = "server.address", ["http.request_content_length"] = "http.request.body.size",
        ["http.response_content_length"] = "http.response.body.size", ["http.resend_count"] = "http.request.resend_count",
        ["net.peer.name"] = "server.address", ["net.peer.port"] = "server.port", ["net.peer.ip"] = "network.peer.address",
        ["net.host.name"] = "server.address", ["net.host.port"] = "server.port", ["net.host.ip"] = "network.local.address",
        ["net.transport"] = "network.transport", ["net.protocol.name"] = "network.protocol.name", ["net.protocol.version"] = "network.protocol.version",
        ["net.sock.peer.addr"] = "network.peer.address", ["net.sock.peer.port"] = "network.peer.port", ["net.sock.host.addr"] = "network.local.address",
        ["db.system"] = "db.system.name", ["db.statement"] = "db.query.text", ["db.operation"] = "db.operation.name", ["db.name"] = "db.namespace",
        ["db.sql.table"] = "db.collection.name", ["db.mongodb.collection"] = "db.collection.name", ["db.redis.database_index"] = "db.namespace",
        ["db.connection_string"] = "server.address and server.port", ["messaging.destination"] = "messaging.destination.name",
        ["messaging.operation"] = "messaging.operation.type", ["messaging.message_id"] = "messaging.message.id",
        ["messaging.conversation_id"] = "messaging.message.conversation_id", ["messaging.kafka.consumer.group"] = "messaging.consumer.group.name",
        ["messaging.kafka.destination.partition"] = "messaging.destination.partition.id", ["messaging.client_id"] = "messaging.client.id",
        ["faas.execution"] = "faas.invocation_id",
        ["code.function"] = "code.function.name", ["code.filepath"] = "code.file.path", ["code.lineno"] = "code.line.number",
        ["enduser.role"] = "user.roles", ["deployment.environment"] = "deployment.environment.name",
        ["telemetry.auto.version"] = "telemetry.distro.version",
    };

    /// <summary>Metrics that were renamed, as Prometheus has them, with their names now.</summary>
    public static readonly IReadOnlyDictionary<string, string> RenamedMetrics = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["http_server_duration_milliseconds"] = "http.server.request.duration in seconds",
        ["http_client_duration_milliseconds"] = "http.client.request.duration in seconds",
        ["process_runtime_dotnet_gc_collections_count_total"] = "dotnet.gc.collections",
        ["process_runtime_dotnet_exceptions_count_total"] = "dotnet.exceptions",
        ["process_runtime_dotnet_thread_pool_threads_count"] = "dotnet.thread_pool.thread.count",
        ["db_client_connections_usage"] = "db.client.connection.count",
        ["messaging_publish_duration_milliseconds"] = "messaging.client.operation.duration in seconds",
    };

    /// <summary>Types of attributes.</summary>
    public static readonly IReadOnlyDictionary<string, string> Types = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["http.request.method"] = "string", ["http.response.status_code"] = "int", ["http.route"] = "string", ["http.request.resend_count"] = "int",
        ["http.request.body.size"] = "int", ["http.response.body.size"] = "int", ["url.full"] = "string", ["url.path"] = "string", ["url.query"] = "string",
        ["url.scheme"] = "string", ["server.address"] = "string", ["server.port"] = "int", ["client.address"] = "string", ["client.port"] = "int",
        ["network.peer.address"] = "string", ["network.peer.port"] = "int", ["network.local.port"] = "int", ["network.protocol.version"] = "string",
        ["error.type"] = "string", ["user_agent.original"] = "string", ["db.system.name"] = "string", ["db.query.text"] = "string",
        ["db.operation.batch.size"] = "int", ["db.response.returned_rows"] = "int", ["db.response.status_code"] = "string",
        ["messaging.system"] = "string", ["messaging.destination.name"] = "string", ["messaging.batch.message_count"] = "int",
        ["messaging.message.body.size"] = "int", ["messaging.operation.type"] = "string", ["code.line.number"] = "int", ["thread.id"] = "int",
    };

    /// <summary>What a span must have, by the attribute that tells its kind.</summary>
    public static readonly IReadOnlyList<(string Kind, string Marker, string[] Required)> Required =
    [
        ("server", "http.request.method", ["url.path", "url.scheme"]),
        ("client", "http.request.method", ["url.full", "server.address", "server.port"]),
        ("client", "db.query.text", ["db.system.name"]),
        ("client", "db.operation.name", ["db.system.name"]),
        ("producer", "messaging.system", ["messaging.operation.name", "messaging.destination.name"]),
        ("consumer", "messaging.system", ["messaging.operation.name", "messaging.destination.name"]),
    ];

    /// <summary>What a resource should tell, as labels of <c>target_info</c>.</summary>
    public static readonly IReadOnlyList<string> Resource = ["service_name", "service_version", "service_instance_id", "deployment_environment_name"];

    /// <summary>First words of the names of metrics that a framework or a well-kept library makes: not for a service to change.</summary>
    public static readonly IReadOnlyList<string> Libraries =
    [
        "http_", "dotnet_", "aspnetcore_", "kestrel_", "signalr_", "dns_", "process_", "resilience_", "otel_", "db_client_", "rpc_", "messaging_",
        "log_lines_", "efcore_", "microsoft_entityframeworkcore_",
    ];
}
