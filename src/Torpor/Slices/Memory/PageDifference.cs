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
        AddressRange[] others = [.. other.Select(run => run.Range)];
        AddressRange[] owns = [.. own.Select(run => run.Range)];
        foreach (SavedRun run in other)
            Gone.AddRange(PageRuns.Complement(run.Range, Within(owns, run.Range)));
        foreach (SavedRun run in own)
        {
            foreach (AddressRange only in PageRuns.Complement(run.Range, Within(others, run.Range)))
                Changed.Add(run.Within(only));
            foreach (SavedRun same in other.Where(candidate => candidate.Range.Overlaps(run.Range)))
                Compare(run.Within(same.Range), same.Within(run.Range));
        }
        Changed.Sort((a, b) => a.Range.Start.CompareTo(b.Range.Start));
    }

    /// <summary>What has to be read, ascending.</summary>
    public List<SavedRun> Changed { get; } = [];

    /// <summary>What the other has and this one has not.</summary>
    public List<AddressRange> Gone { get; } = [];

    private static List<AddressRange> Within(AddressRange[] ranges, AddressRange whole) =>
        [.. ranges.Where(r => r.Overlaps(whole)).Select(r => new AddressRange(Math.Max(r.Start, whole.Start), Math.Min(r.End, whole.End)))];

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
