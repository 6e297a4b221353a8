namespace Torpor.Slices.Memory;

/// <summary>Compares the saved pages of a mapping with those of the mapping that it is a copy of, byte by byte.</summary>
internal sealed class PageDifference
{
    /// <summary>How much is read at once; bounds the tool's memory.</summary>
    private const int BufferSize = 1 << 20;

    private const ulong PageSize = UserMemory.PageSize;

    private readonly SavedPages _ownPages;
    private readonly SavedPages _otherPages;

    public PageDifference(SavedPages ownPages, IReadOnlyList<SavedRun> own, SavedPages otherPages, IReadOnlyList<SavedRun> other)
    {
        _ownPages = ownPages;
        _otherPages = otherPages;
        Gone = [.. PageRuns.Subtract(other.Select(run => run.Range), [.. own.Select(run => run.Range)])];
        int next = 0;
        foreach (SavedRun run in own)
        {
            ulong at = run.Range.Start;
            while (next < other.Count && other[next].Range.End <= at)
                next++;
            for (int i = next; i < other.Count && other[i].Range.Start < run.Range.End; i++)
            {
                AddressRange both = run.Range.Intersect(other[i].Range);
                AddOwn(run, new AddressRange(at, both.Start));
                Compare(run.Within(both), other[i].Within(both));
                at = both.End;
            }
            AddOwn(run, new AddressRange(at, run.Range.End));
        }
    }

    /// <summary>What has to be read, ascending.</summary>
    public List<SavedRun> Changed { get; } = [];

    /// <summary>What the other has and this one has not.</summary>
    public IReadOnlyList<AddressRange> Gone { get; }

    private void AddOwn(SavedRun run, AddressRange part)
    {
        if (part.Length > 0)
            Changed.Add(run.Within(part));
    }

    /// <summary>Both runs are of the same addresses.</summary>
    private void Compare(SavedRun own, SavedRun other)
    {
        byte[] ours = new byte[(int)Math.Min(BufferSize, own.Range.Length)];
        byte[] theirs = new byte[ours.Length];
        for (ulong at = 0; at < own.Range.Length; at += BufferSize)
        {
            int length = (int)Math.Min(BufferSize, own.Range.Length - at);
            _ownPages.ReadHere(own.FileOffset + at, ours.AsSpan(0, length));
            _otherPages.ReadHere(other.FileOffset + at, theirs.AsSpan(0, length));
            for (int page = 0; page < length; page += (int)PageSize)
            {
                if (ours.AsSpan(page, (int)PageSize).SequenceEqual(theirs.AsSpan(page, (int)PageSize)))
                    continue;
                ulong address = own.Range.Start + at + (ulong)page;
                Add(new SavedRun(new AddressRange(address, address + PageSize), own.FileOffset + at + (ulong)page));
            }
        }
    }

    private void Add(SavedRun page)
    {
        if (Changed.Count > 0 && Changed[^1].Range.End == page.Range.Start && Changed[^1].FileOffset + Changed[^1].Range.Length == page.FileOffset)
            Changed[^1] = Changed[^1] with { Range = new AddressRange(Changed[^1].Range.Start, page.Range.End) };
        else
            Changed.Add(page);
    }
}
