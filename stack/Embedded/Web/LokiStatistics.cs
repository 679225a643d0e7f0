using System.Text.Json;
using MicroMonitored.Embedded.Query.LogQL;

namespace MicroMonitored.Embedded.Web;

/// <summary>The statistics object of a Loki answer: what the engine knows, and zero for what only Loki's parts have.</summary>
internal static class LokiStatistics
{
    private static readonly string[] Caches =
        ["chunk", "index", "result", "statsResult", "volumeResult", "seriesResult", "labelResult", "instantMetricResult"];

    public static void Write(Utf8JsonWriter json, LogWork work, TimeSpan took, int returned)
    {
        var seconds = Math.Max(took.TotalSeconds, 1e-6);
        json.WriteStartObject("stats");
        json.WriteStartObject("summary");
        json.WriteNumber("bytesProcessedPerSecond", (long)(work.Bytes / seconds));
        json.WriteNumber("linesProcessedPerSecond", (long)(work.Lines / seconds));
        json.WriteNumber("totalBytesProcessed", work.Bytes);
        json.WriteNumber("totalLinesProcessed", work.Lines);
        json.WriteNumber("execTime", took.TotalSeconds);
        Zeros(json, "queueTime", "subqueries");
        json.WriteNumber("totalEntriesReturned", returned);
        json.WriteNumber("splits", 0);
        json.WriteNumber("shards", 1);
        json.WriteNumber("totalPostFilterLines", work.Kept);
        json.WriteNumber("totalStructuredMetadataBytesProcessed", work.MetadataBytes);
        json.WriteEndObject();

        json.WriteStartObject("querier");
        Store(json, null);
        json.WriteNumber("querierExecTime", took.TotalSeconds);
        json.WriteEndObject();

        json.WriteStartObject("ingester");
        json.WriteNumber("totalReached", 1);
        Zeros(json, "totalChunksMatched", "totalBatches");
        json.WriteNumber("totalLinesSent", work.Kept);
        Store(json, work);
        json.WriteNumber("recvWaitTime", 0);
        json.WriteEndObject();

        json.WriteStartObject("cache");
        foreach (var cache in Caches)
        {
            json.WriteStartObject(cache);
            Zeros(json, "entriesFound", "entriesRequested", "entriesStored", "bytesReceived", "bytesSent", "requests", "downloadTime", "queryLengthServed");
            json.WriteEndObject();
        }

        json.WriteEndObject();

        json.WriteStartObject("index");
        Zeros(json, "totalChunks", "postFilterChunks", "shardsDuration");
        json.WriteBoolean("usedBloomFilters", false);
        json.WriteNumber("totalStreams", work.Streams);
        Zeros(json, "chunkRefsLookupTime", "bloomFilterTime");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Store(Utf8JsonWriter json, LogWork? work)
    {
        json.WriteStartObject("store");
        Zeros(json, "totalChunksRef", "totalChunksDownloaded", "chunksDownloadTime");
        json.WriteBoolean("queryReferencedStructuredMetadata", false);
        json.WriteBoolean("queryUsedV2Engine", false);
        json.WriteStartObject("chunk");
        json.WriteNumber("headChunkBytes", work?.Bytes ?? 0);
        json.WriteNumber("headChunkLines", work?.Lines ?? 0);
        Zeros(json, "decompressedBytes", "decompressedLines", "compressedBytes", "totalDuplicates");
        json.WriteNumber("postFilterLines", work?.Kept ?? 0);
        json.WriteNumber("headChunkStructuredMetadataBytes", work?.MetadataBytes ?? 0);
        Zeros(json, "decompressedStructuredMetadataBytes");
        json.WriteEndObject();
        Zeros(json, "chunkRefsFetchTime", "congestionControlLatency", "pipelineWrapperFilteredLines");
        json.WriteStartObject("dataobj");
        Zeros(json, "prePredicateDecompressedRows", "prePredicateDecompressedBytes", "prePredicateDecompressedStructuredMetadataBytes",
            "postPredicateRows", "postPredicateDecompressedBytes", "postPredicateStructuredMetadataBytes", "postFilterRows", "pagesScanned",
            "pagesDownloaded", "pagesDownloadedBytes", "pageBatches", "totalRowsAvailable", "totalPageDownloadTime");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Zeros(Utf8JsonWriter json, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            json.WriteNumber(name, 0);
    }
}
