using Build;
using Cake.Frosting;

return new CakeHost()
    .UseContext<BuildContext>()
    .UseLifetime<BuildLifetime>()
    // Cake would look for tools below wherever the build is started, and cannot below the root of a disk.
    .UseCakeSetting("Paths_Tools", Path.Combine(AppContext.BaseDirectory, "tools"))
    .Run(args);
