namespace Torpor.Slices.Files.Pipe;

/// <summary>One description of a pipe's end, see pipe(2).</summary>
/// <param name="PipeId">The same for all descriptions of one pipe: its inode.</param>
/// <param name="Flags">O_*; the access mode says which end it is.</param>
/// <param name="Owner">Who gets its signals.</param>
/// <param name="Outside">The other end lives outside, and the standard streams among its descriptors get the restorer's own.</param>
internal sealed record PipeState(uint PipeId, uint Flags, SignalOwner Owner, bool Outside);

/// <summary>What a pipe holds.</summary>
/// <param name="PipeId">Its inode.</param>
/// <param name="Data">Written and not yet read.</param>
/// <param name="Packets">The lengths of the packets in it when it was written with O_DIRECT; else empty.</param>
/// <param name="Capacity">In bytes; null for the default.</param>
internal sealed record PipeContent(uint PipeId, byte[] Data, IReadOnlyList<uint> Packets, uint? Capacity);

/// <summary>The state in files.img and pipes-data.img.</summary>
internal static class PipeImage
{
    public static FileEntry ToEntry(PipeState state)
    {
        var message = new PipeEntry { PipeId = state.PipeId, Flags = state.Flags, Fown = state.Owner.ToEntry() };
        if (state.Outside)
            message.TorporOutside = true;
        return new FileEntry { Type = FdTypes.Pipe, Pipe = message };
    }

    public static PipeState FromEntry(FileEntry entry)
    {
        PipeEntry message = entry.Pipe ?? throw FileRestore.Damaged($"file id {entry.Id} is a pipe without its state");
        return new PipeState(message.PipeId, message.Flags, SignalOwner.FromEntry(message.Fown), message.TorporOutside);
    }

    public static (PipeDataEntry Entry, byte[] Data) ToData(PipeContent content)
    {
        var message = new PipeDataEntry { PipeId = content.PipeId, Bytes = (uint)content.Data.Length };
        if (content.Capacity is { } capacity)
            message.Size = capacity;
        message.TorporPackets.Add(content.Packets);
        return (message, content.Data);
    }

    /// <summary>What a pipe holds; empty with the default capacity when the image has nothing on it.</summary>
    public static PipeContent FromData(IEnumerable<(PipeDataEntry Entry, byte[] Data)> all, uint pipeId)
    {
        foreach ((PipeDataEntry message, byte[] data) in all)
        {
            if (message.PipeId != pipeId)
                continue;
            if (message.TorporPackets.Count > 0 && message.TorporPackets.Aggregate(0UL, (sum, length) => sum + length) != (ulong)data.Length)
                throw FileRestore.Damaged($"the packets of pipe {pipeId} are not as long as its data");
            return new PipeContent(pipeId, data, message.TorporPackets, message.HasSize ? message.Size : null);
        }
        return new PipeContent(pipeId, [], [], null);
    }
}
