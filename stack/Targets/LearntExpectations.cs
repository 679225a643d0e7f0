using Cake.Core;
using MicroMonitored.Model.Expectations;
using MicroMonitored.Verification;

namespace MicroMonitored.Targets;

/// <summary>Puts what Verify learns beside the projects that it learnt it of.</summary>
internal static class LearntExpectations
{
    /// <exception cref="CakeException">Nothing could be learnt.</exception>
    /// <returns>Whether it was asked to.</returns>
    public static async Task<bool> WriteAsync(BuildContext context, VerificationPlan plan, bool asked)
    {
        if (!asked)
            return false;
        try
        {
            var learnt = await Learning.LearnAsync(plan, TimeProvider.System, Interrupt.Token);
            foreach (var service in context.Services.Where(service => learnt.ContainsKey(service.Name)))
            {
                var file = Path.Combine(service.ProjectFolder, ServiceExpectations.FileName);
                var known = File.Exists(file);
                var outcome = !ChangedFile.Write(file, learnt[service.Name]) ? "NoChanges" : known ? "Updated" : "Generated";
                context.Say($"[{outcome}] {context.Paths.Shown(file)}");
            }

            return true;
        }
        catch (InvalidOperationException exception)
        {
            throw new CakeException(exception.Message);
        }
    }
}
