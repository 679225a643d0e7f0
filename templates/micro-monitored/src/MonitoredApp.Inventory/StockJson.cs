using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;

namespace MonitoredApp.Inventory;

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(StockItem))]
[JsonSerializable(typeof(StockList))]
[JsonSerializable(typeof(ProblemDetails))]
internal sealed partial class StockJson : JsonSerializerContext;
