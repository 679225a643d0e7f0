using Cake.Frosting;
using MicroMonitored.Targets;

return new CakeHost().UseMicroMonitored().Run(args);
