using Cake.Core;
using MicroMonitored.Model.Expectations;
using MicroMonitored.Verification;

namespace MicroMonitored.Targets;

/// <summary>Puts what Verify learns beside the projects that it learnt it of.</summary>
internal static class LearntExpectations
{
    /// <exception cref="CakeException">Nothing could be learnt.</exception>
    public static async Task WriteAsync(BuildContext context, VerificationPlan plan)
    {
        try
        {
            var learnt = await Learning.LearnAsync(plan, TimeProvider.System, Interrupt.Token);
            foreach (var service in context.Services.Where(service => learnt.ContainsKey(service.Name)))
            {
                var file = Path.Combine(service.ProjectFolder, ServiceExpectations.FileName);
                var known = File.Exists(file);
                context.Say($"[{(!ChangedFile.Write(file, learnt[service.Name]) ? "NoChanges" : known ? "Updated" : "Generated")}] {context.Paths.Shown(file)}");
            }
        }
        catch (InvalidOperationException exception)
        {
            throw new CakeException(exception.Message);
        }
    }
}
