namespace Torpor.Slices.Files;

/// <summary>One open file description to bring back.</summary>
internal sealed class RestoredDescription(FileEntry entry)
{
    public FileEntry Entry { get; } = entry;

    public uint Id => Entry.Id;

    /// <summary>The numbers that have to lead to it; ascending, not empty.</summary>
    public List<TableSlot> Slots { get; } = [];

    /// <summary>Where it is, once it is in place.</summary>
    public int First => Slots[0].Number;

    /// <summary>It leads to something of the restorer's, which may be of another kind than what the image says.</summary>
    public bool IsRehomed { get; set; }

    /// <summary>For the purpose of steps.</summary>
    public string Label => Slots.Count == 1 ? $"descriptor {First}" : $"descriptors {string.Join(", ", Slots.Take(4).Select(s => s.Number))}{(Slots.Count > 4 ? ", …" : "")}";

    public override string ToString() => Label;
}
