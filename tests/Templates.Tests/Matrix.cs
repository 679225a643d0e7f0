namespace Templates.Tests;

/// <summary>What a row adds to its repository with one of the other two templates.</summary>
internal sealed record Addition(string Template, string Name, bool Tests, bool NoRestore)
{
    public string[] Arguments => [Template, "-n", Name, "--tests", $"{Tests}", "--no-restore", $"{NoRestore}"];
}

/// <summary>A name and a value of every parameter of micro-monitored, and what is added afterwards.</summary>
internal sealed record MatrixRow(
    string Name, string Sampling, string Services, string Storage, bool Tests, bool Alerting, int PortsBase, string Ci, string Network, string LogsVolume,
    bool NoRestore,
    params Addition[] Additions)
{
    public IReadOnlyDictionary<string, string> Values { get; } = new Dictionary<string, string>
    {
        ["sampling"] = Sampling,
        ["services"] = Services,
        ["storage"] = Storage,
        ["tests"] = Text(Tests),
        ["alerting"] = Text(Alerting),
        ["ports-base"] = $"{PortsBase}",
        ["ci"] = Ci,
        ["network"] = Network,
        ["logs-volume"] = LogsVolume,
        ["no-restore"] = Text(NoRestore),
        ["framework"] = "net10.0",
    };

    public string[] Arguments => ["micro-monitored", "-n", Name,
        .. Values.Where(value => value.Value.Length > 0).SelectMany(value => new[] { $"--{value.Key}", value.Value })];

    private static string Text(bool value) => value ? "true" : "false";
}

/// <summary>The repositories that are built and tested: every pair of values of two parameters is in a row, under names of every kind.</summary>
internal static class Matrix
{
    private const string Service = "micro-monitored-service";
    private const string Worker = "micro-monitored-worker";
    // Not given: each repository has names of its own.
    private const string Own = "";

    public static readonly IReadOnlyList<MatrixRow> Rows =
    [
        new("Acme.Shop", "1.0", "two", "memory", true, false, 0, "github", Own, Own, false, new(Service, "Acme.Shop.Billing", true, true),
            new(Worker, "Mailer", true, true)),
        new("my-shop.class", "0.5", "one", "sqlite", true, false, 20000, "github", Own, "shop_logs", true,
            new(Service, "my-shop.class.Billing", true, false),
            new(Worker, "event", false, true)),
        new("Zeta & Sons #2", "0.5", "two", "memory", false, true, 0, "none", "shop.net", Own, false, new(Service, "Zeta.Billing", false, true),
            new(Worker, "Zeta.Mailer", true, false)),
        new("한글상점", "0.1", "one", "sqlite", false, true, 0, "none", Own, Own, false, new(Service, "한글상점.결제", false, false),
            new(Worker, "Task", false, false)),
        new("2 Shops", "0.1", "two", "memory", true, true, 20000, "github", "shop.net", "shop_logs", false),
        new("Task", "0.01", "one", "memory", true, false, 20000, "none", "shop.net", Own, true),
        new("class", "1.0", "one", "sqlite", false, true, 20000, "none", "shop.net", "shop_logs", true),
        new("Acme.event", "0.01", "two", "sqlite", false, true, 0, "github", Own, "shop_logs", false),
        new("A23456789_123456789_123456789_123456789_123456789z", "0.1", "two", "memory", false, false, 0, "github", Own, Own, true),
    ];

    public static MatrixRow Row(string name) => Rows.Single(row => row.Name == name);
}
