using MicroMonitored.Embedded;

return await EmbeddedEngine.RunAsync(args);
