namespace MicroMonitored.Embedded.Store;

/// <summary>Counts that survive a restart, changed in the transaction that changes what they count.</summary>
internal static class CounterRows
{
    public static void Add(WriteSession session, string name, long change)
    {
        if (change != 0)
            session.Execute("INSERT INTO counters (name, value) VALUES (@0, @1) ON CONFLICT (name) DO UPDATE SET value = value + @1", name, change);
    }

    public static long Read(Database database, string name)
    {
        using var connection = database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT value FROM counters WHERE name = @name";
        command.Parameters.AddWithValue("@name", name);
        return command.ExecuteScalar() is long value ? value : 0;
    }
}
