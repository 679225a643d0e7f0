using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Query.LogQL;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Web;

internal sealed record LokiData<T>(string ResultType, T Result, LokiStats Stats);

internal sealed record LokiStream(Labels Stream, List<LogEntry> Values);

/// <summary>The statistics of a Loki answer: what the engine knows, and zero for what only Loki's parts have.</summary>
internal sealed record LokiStats(LokiSummary Summary, LokiQuerier Querier, LokiIngester Ingester, Dictionary<string, LokiCache> Cache, LokiIndex Index)
{
    private static readonly Dictionary<string, LokiCache> NoCaches = new[]
    {
        "chunk", "index", "result", "statsResult", "volumeResult", "seriesResult", "labelResult", "instantMetricResult",
    }.ToDictionary(static name => name, static _ => new LokiCache());

    public static LokiStats Of(LogWork work, TimeSpan took, int returned)
    {
        var seconds = Math.Max(took.TotalSeconds, 1e-6);
        var chunk = new LokiChunk(work.Bytes, work.Lines, PostFilterLines: work.Kept, HeadChunkStructuredMetadataBytes: work.MetadataBytes);
        return new(
            new((long)(work.Bytes / seconds), (long)(work.Lines / seconds), work.Bytes, work.Lines, took.TotalSeconds, returned, work.Kept, work.MetadataBytes),
            new(new(new()), took.TotalSeconds),
            new(new(chunk), work.Kept),
            NoCaches,
            new(work.Streams));
    }
}

internal sealed record LokiSummary(
    long BytesProcessedPerSecond, long LinesProcessedPerSecond, long TotalBytesProcessed, long TotalLinesProcessed, double ExecTime,
    long TotalEntriesReturned, long TotalPostFilterLines, long TotalStructuredMetadataBytesProcessed,
    int QueueTime = 0, int Subqueries = 0, int Splits = 0, int Shards = 1);

internal sealed record LokiQuerier(LokiStore Store, double QuerierExecTime);

internal sealed record LokiIngester(
    LokiStore Store, long TotalLinesSent, int TotalReached = 1, int TotalChunksMatched = 0, int TotalBatches = 0, int RecvWaitTime = 0);

internal sealed record LokiStore(
    LokiChunk Chunk, int TotalChunksRef = 0, int TotalChunksDownloaded = 0, int ChunksDownloadTime = 0,
    bool QueryReferencedStructuredMetadata = false, bool QueryUsedV2Engine = false,
    int ChunkRefsFetchTime = 0, int CongestionControlLatency = 0, int PipelineWrapperFilteredLines = 0)
{
    public LokiDataObject Dataobj { get; } = new();
}

internal sealed record LokiChunk(
    long HeadChunkBytes = 0, long HeadChunkLines = 0, int DecompressedBytes = 0, int DecompressedLines = 0, int CompressedBytes = 0,
    int TotalDuplicates = 0, long PostFilterLines = 0, long HeadChunkStructuredMetadataBytes = 0, int DecompressedStructuredMetadataBytes = 0);

internal sealed record LokiDataObject(
    int PrePredicateDecompressedRows = 0, int PrePredicateDecompressedBytes = 0, int PrePredicateDecompressedStructuredMetadataBytes = 0,
    int PostPredicateRows = 0, int PostPredicateDecompressedBytes = 0, int PostPredicateStructuredMetadataBytes = 0, int PostFilterRows = 0,
    int PagesScanned = 0, int PagesDownloaded = 0, int PagesDownloadedBytes = 0, int PageBatches = 0, int TotalRowsAvailable = 0,
    int TotalPageDownloadTime = 0);

internal sealed record LokiCache(
    int EntriesFound = 0, int EntriesRequested = 0, int EntriesStored = 0, int BytesReceived = 0, int BytesSent = 0, int Requests = 0,
    int DownloadTime = 0, int QueryLengthServed = 0);

internal sealed record LokiIndex(
    int TotalStreams, int TotalChunks = 0, int PostFilterChunks = 0, int ShardsDuration = 0, bool UsedBloomFilters = false,
    int ChunkRefsLookupTime = 0, int BloomFilterTime = 0);
