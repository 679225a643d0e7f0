namespace MicroMonitored.Embedded.Query.PromQL;

/// <summary>What of PromQL is answered: all of Prometheus 3 on floats, and those of its experimental functions that need nothing else.</summary>
internal static class PromSubset
{
    public static readonly IReadOnlyDictionary<string, PromFunction> Functions = Build();

    /// <summary>The aggregations, each with the type of its parameter.</summary>
    public static readonly IReadOnlyDictionary<string, PromType?> Aggregations = new Dictionary<string, PromType?>(StringComparer.Ordinal)
    {
        ["sum"] = null, ["avg"] = null, ["min"] = null, ["max"] = null, ["count"] = null, ["group"] = null, ["stddev"] = null, ["stdvar"] = null,
        ["topk"] = PromType.Scalar, ["bottomk"] = PromType.Scalar, ["limitk"] = PromType.Scalar, ["limit_ratio"] = PromType.Scalar,
        ["quantile"] = PromType.Scalar, ["count_values"] = PromType.String,
    };

    /// <summary>Says that <paramref name="what"/> is not answered here and where to go instead.</summary>
    public static string Refuse(string what) =>
        $"{what} is not supported by the embedded engine, which keeps floats and answers PromQL without native histograms and experimental functions. "
        + "Run the stack with --engine=docker for it";

    private static Dictionary<string, PromFunction> Build()
    {
        var functions = new Dictionary<string, PromFunction>(StringComparer.Ordinal);
        void Add(PromType result, PromType[] arguments, string names, int optional = 0, bool variadic = false)
        {
            foreach (var name in names.Split(' '))
                functions[name] = new(name, result, arguments, optional, variadic);
        }

        const PromType Scalar = PromType.Scalar, Vector = PromType.Vector, Matrix = PromType.Matrix, String = PromType.String;
        Add(Vector, [Matrix], "rate irate increase delta idelta changes resets deriv");
        Add(Vector, [Matrix], "avg_over_time min_over_time max_over_time sum_over_time count_over_time stddev_over_time stdvar_over_time mad_over_time");
        Add(Vector, [Matrix], "first_over_time last_over_time present_over_time absent_over_time");
        Add(Vector, [Matrix], "ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time");
        Add(Vector, [Scalar, Matrix], "quantile_over_time");
        Add(Vector, [Matrix, Scalar], "predict_linear");
        Add(Vector, [Matrix, Scalar, Scalar], "double_exponential_smoothing");
        Add(Vector, [Scalar, Vector], "histogram_quantile");
        Add(Vector, [Scalar, Scalar, Vector], "histogram_fraction");
        Add(Vector, [Vector], "abs ceil floor exp ln log2 log10 sqrt sgn deg rad absent sort sort_desc timestamp");
        Add(Vector, [Vector], "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh");
        Add(Vector, [Vector], "minute hour day_of_week day_of_month day_of_year days_in_month month year", optional: 1);
        Add(Vector, [Vector, Scalar], "clamp_min clamp_max");
        Add(Vector, [Vector, Scalar, Scalar], "clamp");
        Add(Vector, [Vector, Scalar], "round", optional: 1);
        Add(Vector, [Vector, String, String, String, String], "label_replace");
        Add(Vector, [Vector, String, String, String], "label_join", optional: 1, variadic: true);
        Add(Vector, [Vector, String], "sort_by_label sort_by_label_desc", optional: 1, variadic: true);
        Add(Vector, [Scalar], "vector");
        Add(Scalar, [Vector], "scalar");
        Add(Scalar, [], "time pi");
        return functions;
    }
}
