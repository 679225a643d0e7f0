using GrafanaStandIn;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls("http://+:3000");
builder.Services.AddSingleton(Provisioning.Read("/etc/grafana/provisioning"));
builder.Services.AddSingleton<Stores>();
builder.Services.AddSingleton(new HttpClient { Timeout = TimeSpan.FromSeconds(20) });

var app = builder.Build();
app.UseAdministratorOnly(Administrator.FromEnvironment());
app.MapGet("/api/health", () => Results.Json(new { database = "ok", version = "stand-in" }));
app.MapGet("/metrics", () => Results.Text("# TYPE grafana_build_info gauge\ngrafana_build_info{version=\"stand-in\"} 1\n", "text/plain; version=0.0.4"));
app.MapGet("/api/user", (HttpContext context) => Results.Json(new { login = context.User.Identity!.Name, isGrafanaAdmin = true }));
app.MapGet("/api/org", () => Results.Json(new { id = 1, name = "Main Org." }));
app.MapGet("/api/datasources", (Provisioning provisioning) => Results.Json(provisioning.Datasources.Values));
app.MapGet("/api/datasources/uid/{uid}",
    (string uid, Provisioning provisioning) => provisioning.Datasources.TryGetValue(uid, out var found) ? Results.Json(found) : Results.NotFound());
app.MapGet("/api/datasources/proxy/uid/{uid}/{**path}", (string uid, string path, HttpContext context, Stores stores, CancellationToken cancellation) =>
    stores.ForwardAsync(uid, path + context.Request.QueryString, cancellation));
app.MapGet("/api/search", (Provisioning provisioning) =>
    Results.Json(provisioning.Dashboards().Select(dashboard => new { uid = dashboard.Uid, title = dashboard.Title, type = "dash-db" })));
app.MapGet("/api/dashboards/uid/{uid}", (string uid, Provisioning provisioning) =>
    provisioning.Dashboards().FirstOrDefault(dashboard => dashboard.Uid == uid) is { } found
        ? Results.Json(new { dashboard = found.Model, meta = new { provisioned = true } })
        : Results.NotFound());
app.MapPost("/api/ds/query", (PanelRequest request, Stores stores, CancellationToken cancellation) => stores.QueryAsync(request, cancellation));
await app.RunAsync();
