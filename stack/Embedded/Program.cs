using MicroMonitored.Embedded.Hosting;

return await EngineHost.RunAsync(args);
