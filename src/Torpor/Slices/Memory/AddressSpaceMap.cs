using Torpor.Model;

namespace Torpor.Slices.Memory;

/// <summary>Which addresses a restored process and the tool's own things take up.</summary>
internal sealed class AddressSpaceMap
{
    /// <summary>The lowest address for the tool's own use; above vm.mmap_min_addr on every distribution.</summary>
    private const ulong Lowest = 0x10000;

    /// <summary>The end of user addresses with four levels of page tables.</summary>
    private const ulong Highest = 0x7fff_ffff_f000;

    private readonly List<AddressRange> _taken = [];

    private AddressSpaceMap()
    {
    }

    /// <summary>What any of several address spaces takes up.</summary>
    public static AddressSpaceMap Union(IEnumerable<AddressRange> mappings, RestoredAddressSpace space)
    {
        var map = new AddressSpaceMap();
        map._taken.AddRange(mappings.Concat(Own(space)));
        map._taken.Sort((a, b) => a.Start.CompareTo(b.Start));
        return map;
    }

    /// <summary>The ranges of the tool itself.</summary>
    private static IEnumerable<AddressRange> Own(RestoredAddressSpace space) =>
        space.Reserved.Select(r => new AddressRange(r.Start.Value, r.Start.Value + r.Size))
            .Append(new AddressRange(space.ParkedVdso.Value, space.ParkedVdso.Value + space.ParkedVdsoSize));

    /// <summary>Takes up one more range.</summary>
    public void Take(AddressRange range)
    {
        _taken.Add(range);
        _taken.Sort((a, b) => a.Start.CompareTo(b.Start));
    }

    /// <summary>Checks that the image's mappings can stand side by side, and beside what is there.</summary>
    public AddressSpaceMap(IReadOnlyList<MappingState> mappings, RestoredAddressSpace space)
    {
        AddressRange last = default;
        foreach (MappingState mapping in mappings)
        {
            if (mapping.Start < last.End)
                throw new TorporException(FailureKind.ImageDamaged, $"mm image: the mappings at {last} and {mapping.Range} overlap or are out of order", "take the checkpoint again");
            last = mapping.Range;
            _taken.Add(last);
        }
        foreach (AddressRange own in Own(space))
        {
            if (own.Length == 0)
                continue;
            foreach (MappingState mapping in mappings)
            {
                if (own.Overlaps(mapping.Range))
                    throw new TorporException(FailureKind.Internal, $"the tool's own memory at {own} overlaps the mapping at {mapping.Range}");
            }
            _taken.Add(own);
        }
        _taken.Sort((a, b) => a.Start.CompareTo(b.Start));
    }

    /// <summary>A free range for use while the plan runs.</summary>
    /// <param name="length">In bytes.</param>
    /// <param name="alignment">A power of two.</param>
    /// <param name="purpose">For the error.</param>
    public ulong FindHole(ulong length, ulong alignment, string purpose)
    {
        ulong at = Lowest;
        foreach (AddressRange range in _taken.Append(new AddressRange(Highest, Highest)))
        {
            ulong start = (at + alignment - 1) & ~(alignment - 1);
            if (start < range.Start && range.Start - start >= length && range.Start <= Highest)
                return start;
            at = Math.Max(at, range.End);
        }
        throw new TorporException(FailureKind.RestoreFailed, $"the process's memory leaves no hole of {length} bytes to {purpose}");
    }
}
