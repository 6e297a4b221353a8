using Torpor.Model;

namespace Torpor.Slices.Files;

/// <summary>A descriptor to put in place.</summary>
/// <param name="Process">In whose table.</param>
/// <param name="Slot">Where, and whether it closes on exec.</param>
internal sealed record RestoredSlot(RestoreContext Process, TableSlot Slot)
{
    /// <summary>The number in the inherited range to take it from, where that is not the description's own.</summary>
    public int? Source { get; set; }

    public int Number => Slot.Number;
}

/// <summary>One open file description to bring back.</summary>
internal sealed class RestoredDescription(FileEntry entry)
{
    private int? _kept;

    public FileEntry Entry { get; } = entry;

    public uint Id => Entry.Id;

    /// <summary>The descriptors that have to lead to it, in every table; may be empty, as for what is only in flight.</summary>
    public List<RestoredSlot> Slots { get; } = [];

    /// <summary>The first process that has it; null when none has.</summary>
    public RestoreContext? Holder => Slots.Count > 0 ? Slots[0].Process : null;

    /// <summary>Where it is once it is placed, in every process while the plan runs.</summary>
    public int First
    {
        get => _kept ?? throw new InvalidOperationException($"{Label} is not placed yet");
        set => _kept = value;
    }

    /// <summary>It is there already.</summary>
    public bool IsPlaced => _kept is not null;

    /// <summary>It leads to something of the restorer's, which may be of another kind than what the image says.</summary>
    public bool IsRehomed { get; set; }

    /// <summary>For the purpose of steps.</summary>
    public string Label => Slots.Count switch
    {
        0 => $"file id {Id}",
        1 => $"descriptor {Slots[0].Number}",
        _ => $"descriptors {string.Join(", ", Slots.Take(4).Select(s => s.Number))}{(Slots.Count > 4 ? ", …" : "")}",
    };

    public override string ToString() => Label;
}
