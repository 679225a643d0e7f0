namespace MicroMonitored.Embedded.Store;

/// <summary>What was added lately: at least the last <see cref="Generation"/> items, at most twice as many.</summary>
internal sealed class RecentSet<T>
{
    private const int Generation = 65_536;

    private HashSet<T> _new = [];
    private HashSet<T> _old = [];

    /// <summary>False when it was there.</summary>
    public bool Add(T item)
    {
        if (_old.Contains(item) || !_new.Add(item))
            return false;
        if (_new.Count >= Generation)
        {
            (_old, _new) = (_new, _old);
            _new.Clear();
        }

        return true;
    }

    public void Remove(T item)
    {
        _new.Remove(item);
        _old.Remove(item);
    }

    public void Clear()
    {
        _new.Clear();
        _old.Clear();
    }
}
