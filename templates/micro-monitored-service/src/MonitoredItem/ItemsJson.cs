using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;

namespace MonitoredItem;

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Item))]
[JsonSerializable(typeof(ItemList))]
[JsonSerializable(typeof(ItemRequest))]
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(HttpValidationProblemDetails))]
internal sealed partial class ItemsJson : JsonSerializerContext;
