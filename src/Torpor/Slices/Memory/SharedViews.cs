using Torpor.Model;

namespace Torpor.Slices.Memory;

/// <summary>A part of a shared object as one mapping shows it.</summary>
/// <param name="Process">Whose mapping it is.</param>
/// <param name="View">The mapping.</param>
/// <param name="Start">Offset in the object, in bytes.</param>
/// <param name="End">The first offset behind the part.</param>
internal sealed record ViewPart(CaptureContext Process, ClassifiedMapping View, ulong Start, ulong End)
{
    /// <summary>Where in the target the part starts.</summary>
    public ulong Address => View.State.Start + (Start - View.State.Offset);

    public AddressRange Addresses => new(Address, Address + (End - Start));

    /// <summary>What turns an address into an offset when added, modulo 2^64.</summary>
    public ulong Relocation => unchecked(Start - Address);
}

/// <summary>Which mapping to read each part of an object through.</summary>
internal static class SharedViews
{
    /// <summary>
    /// Covers what the views show, each offset once, ascending. Shared views come before private ones, whose changed
    /// pages hide the object's.
    /// </summary>
    public static List<ViewPart> Cover(IEnumerable<(CaptureContext Process, ClassifiedMapping View)> views)
    {
        var parts = new List<ViewPart>();
        foreach ((CaptureContext process, ClassifiedMapping view) in views.OrderBy(v => v.View.State.IsPrivate).ThenBy(v => v.View.State.Offset).ThenByDescending(v => v.View.State.Length))
        {
            var whole = new AddressRange(view.State.Offset, view.State.Offset + view.State.Length);
            List<AddressRange> covered = PageRuns.Within(parts.Select(p => new AddressRange(p.Start, p.End)), whole);
            foreach (AddressRange rest in PageRuns.Complement(whole, covered))
                parts.Add(new ViewPart(process, view, rest.Start, rest.End));
            parts.Sort((a, b) => a.Start.CompareTo(b.Start));
        }
        return parts;
    }

    /// <summary>Runs of resident pages from mincore's vector: the lowest bit of each byte stands for a page.</summary>
    public static IEnumerable<AddressRange> Resident(ReadOnlyMemory<byte> vector, ulong address)
    {
        for (int i = 0; i < vector.Length;)
        {
            int start = IndexOfResident(vector.Span, i, resident: true);
            if (start < 0)
                yield break;
            int end = IndexOfResident(vector.Span, start, resident: false);
            if (end < 0)
                end = vector.Length;
            yield return new AddressRange(address + (ulong)start * UserMemory.PageSize, address + (ulong)end * UserMemory.PageSize);
            i = end;
        }
    }

    private static int IndexOfResident(ReadOnlySpan<byte> vector, int from, bool resident)
    {
        // The kernel sets the other bits to zero, mincore(2) only says that they are undefined.
        for (int i = from; i < vector.Length; i++)
        {
            int jump = resident ? vector[i..].IndexOfAnyExcept((byte)0) : vector[i..].IndexOfAnyExcept((byte)1);
            if (jump < 0)
                return -1;
            i += jump;
            if ((vector[i] & 1) != 0 == resident)
                return i;
        }
        return -1;
    }
}
