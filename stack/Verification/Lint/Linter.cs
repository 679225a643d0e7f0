using MicroMonitored.Model;
using MicroMonitored.Model.Expectations;
using MicroMonitored.Verification.Contracts;

namespace MicroMonitored.Verification.Lint;

/// <summary>Holds what services emit against OpenTelemetry's semantic conventions and against what costs and leaks.</summary>
public static class Linter
{
    /// <summary>Looks at everything.</summary>
    /// <param name="emitted">What the services emit.</param>
    /// <param name="services">The findings that they accept in their expectations, with the reason.</param>
    /// <exception cref="FaultException">A finding is accepted that no rule makes; one line for each, with file and line.</exception>
    public static LintResult Of(TelemetryContract emitted, IReadOnlyList<ServiceUnderTest> services)
    {
        var expectations = services.Where(service => service.Expectations is not null).ToDictionary(service => service.Name, service => service.Expectations!);
        var unknown = expectations.Values.SelectMany(file => file.Accepted.Where(accepted => !LintRules.Ids.Contains(accepted.Id))
            .Select(accepted => $"{file.At(accepted.Line)}: no rule is called {accepted.Id}; known: {string.Join(' ', LintRules.Ids)}")).ToList();
        if (unknown.Count > 0)
            throw new FaultException(unknown);
        var (findings, used, accepted, clean) = (new List<LintFinding>(), new HashSet<AcceptedFinding>(), 0, 0);
        foreach (var item in emitted.Items)
        {
            var found = LintRules.Of(item).ToList();
            var reasons = found.Select(finding => Reason(expectations.GetValueOrDefault(item.Service), finding)).ToList();
            used.UnionWith(reasons.OfType<AcceptedFinding>());
            accepted += reasons.Count(reason => reason is not null);
            var open = found.Zip(reasons).Where(pair => pair.Second is null).Select(pair => pair.First).ToList();
            findings.AddRange(open);
            clean += open.TrueForAll(finding => finding.Level == LintLevel.Information) ? 1 : 0;
        }

        findings.AddRange(
            from file in expectations
            from idle in file.Value.Accepted.Where(reason => !used.Contains(reason))
            select new LintFinding(LintLevel.Information, idle.Id, file.Key, "expectations", idle.Name,
                $"{file.Value.At(idle.Line)} accepts what is not found: remove it"));
        return new LintResult(
            emitted.Items.Count == 0 ? 0 : clean * 100 / emitted.Items.Count,
            [.. findings.OrderBy(finding => finding.Level).ThenBy(finding => finding.Service, StringComparer.Ordinal)], accepted);
    }

    private static AcceptedFinding? Reason(ServiceExpectations? expectations, LintFinding finding)
        => expectations?.Accepted.FirstOrDefault(accepted => accepted.Id == finding.Id && Patterns.Matches(accepted.Name, finding.SignalName));
}
