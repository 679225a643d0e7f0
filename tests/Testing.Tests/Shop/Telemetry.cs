using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Shop;

/// <summary>What is wrong with this run of the service; empty when nothing is.</summary>
public sealed record Defect(string Name);

internal sealed class Instruments
{
    public static readonly ActivitySource Spans = new("Shop");

    private readonly string _defect;
    private readonly Counter<long> _placed;
    private readonly Histogram<double> _packing;

    public Instruments(IMeterFactory meters, Defect defect)
    {
        _defect = defect.Name;
        var meter = meters.Create("Shop");
        _placed = meter.CreateCounter<long>(_defect == "metric renamed" ? "orders.created" : "orders.placed", "{order}", "Orders placed.");
        _packing = meter.CreateHistogram<double>("orders.packing", _defect == "unit changed" ? "ms" : "s", "How long packing takes.");
    }

    public void Placed(string sku, string id)
    {
        TagList labels = default;
        labels.Add(_defect == "label renamed" ? "article" : "sku", sku);
        if (_defect == "label unbounded")
            labels.Add("order_id", id);
        _placed.Add(1, labels);
        if (_defect == "counted twice")
            _placed.Add(1, labels);
        _packing.Record(0.02);
    }
}

/// <summary>Reads no trace from a request.</summary>
internal sealed class Deaf : DistributedContextPropagator
{
    public override IReadOnlyCollection<string> Fields => [];

    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState)
        => (traceId, traceState) = (null, null);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
    }
}
