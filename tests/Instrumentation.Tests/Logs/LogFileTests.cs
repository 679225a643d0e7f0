using System.Text;
using System.Text.Json;
using MicroMonitored.Instrumentation;
using MicroMonitored.Instrumentation.Logs;

namespace Instrumentation.Tests.Logs;

public sealed class LogFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("logs").FullName;
    private readonly StringWriter _errors = new();

    public void Dispose()
    {
        _errors.Dispose();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Lines_of_many_threads_are_each_written_once_across_rolled_files()
    {
        const int threads = 4, each = 10_000;
        using (var file = Open(new JsonFileOptions { LogFileBytes = 256 * 1024, LogFilesKept = 50 }))
        {
            Parallel.For(0, threads, thread =>
            {
                for (var line = 0; line < each; line++)
                    file.Append(Encoding.UTF8.GetBytes($"{{\"n\":{(thread * each) + line}}}\n"));
            });
        }

        var files = Files();
        Assert.True(files.Length > 1);
        Assert.All(files, file => Assert.InRange(new FileInfo(file).Length, 1, 256 * 1024));
        var numbers = files.SelectMany(File.ReadLines).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("n").GetInt32());
        Assert.Equal(Enumerable.Range(0, threads * each), numbers.Order());
    }

    [Fact]
    public void A_flush_returns_when_the_lines_queued_before_are_in_the_file()
    {
        using var file = Open(new JsonFileOptions());
        for (var number = 0; number < 100; number++)
        {
            file.Append("{}\n"u8);
            Assert.True(file.Flush(TimeSpan.FromSeconds(10)));
            Assert.Equal(number + 1, File.ReadAllLines(Path.Combine(_folder, "app.log")).Length);
        }
    }

    [Fact]
    public void Rolling_keeps_the_newest_files_only()
    {
        using (var file = Open(new JsonFileOptions { LogFileBytes = 4, LogFilesKept = 2 }))
            foreach (var line in "abcdef")
                file.Append(Encoding.UTF8.GetBytes($"{line}{line}\n"));

        Assert.Equal(["ff\n", "ee\n", "dd\n"], new[] { "app.log", "app.1.log", "app.2.log" }.Select(name => File.ReadAllText(Path.Combine(_folder, name))));
        Assert.Equal(3, Files().Length);
    }

    [Fact]
    public void What_does_not_fit_the_queue_is_dropped_and_counted()
    {
        using var file = Open(new JsonFileOptions { LogQueueBytes = 8 });
        Assert.False(file.Append("longer than the queue\n"u8));
        Assert.Equal((1, 0), (file.Overflowed, file.Unwritable));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_named_once_and_costs_only_the_lines()
    {
        var blocked = Path.Combine(_folder, "file");
        File.WriteAllText(blocked, "");
        using (var file = new LogFile(blocked, "app", new JsonFileOptions(), _errors))
        {
            file.Append("one\n"u8);
            file.Append("two\n"u8);
            file.Dispose();
            Assert.Equal(2, file.Unwritable);
        }

        var warning = Assert.Single(_errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(blocked, warning, StringComparison.Ordinal);
        Assert.Contains("Monitoring__LogFolder", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_torn_by_a_killed_process_does_not_spoil_the_next_one()
    {
        File.WriteAllText(Path.Combine(_folder, "app.log"), "whole\nto");
        using (var file = Open(new JsonFileOptions()))
            file.Append("next\n"u8);
        Assert.Equal(["whole", "to", "next"], File.ReadAllLines(Path.Combine(_folder, "app.log")));
    }

    [Fact]
    public async Task A_file_deleted_under_the_writer_is_made_again()
    {
        var path = Path.Combine(_folder, "app.log");
        using (var file = Open(new JsonFileOptions()))
        {
            File.Delete(path);
            file.Append("after\n"u8);
            for (var wait = 0; file.Written == 0 && wait < 200; wait++)
                await Task.Delay(10);
        }

        Assert.Equal(["after"], await File.ReadAllLinesAsync(path));
    }

    [Fact]
    public void Several_writers_on_one_folder_lose_and_tear_nothing_while_the_file_rolls()
    {
        const int writers = 4, each = 5_000;
        Parallel.For(0, writers, new ParallelOptions { MaxDegreeOfParallelism = writers }, writer =>
        {
            using var file = Open(new JsonFileOptions { LogFileBytes = 256 * 1024, LogFilesKept = 50 });
            for (var line = 0; line < each; line++)
                file.Append(Encoding.UTF8.GetBytes($"{{\"n\":{(writer * each) + line},\"filler\":\"{new string('x', line % 300)}\"}}\n"));
        });

        Assert.True(Files().Length > 4);
        Assert.All(Files(), file => Assert.InRange(new FileInfo(file).Length, 1, 256 * 1024));
        var numbers = Files().SelectMany(File.ReadLines).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("n").GetInt32());
        Assert.Equal(Enumerable.Range(0, writers * each), numbers.Order());
    }

    private string[] Files() => Directory.GetFiles(_folder, "*.log");

    private LogFile Open(JsonFileOptions options) => new(_folder, "app", options, _errors);
}
