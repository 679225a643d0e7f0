using Build;
using Cake.Frosting;
using MicroMonitored.Targets;

return DemoRepository.Take(args) ?? new CakeHost().UseMicroMonitored().Run(args);
