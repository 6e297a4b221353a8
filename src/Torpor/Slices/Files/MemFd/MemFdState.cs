namespace Torpor.Slices.Files.MemFd;

/// <summary>A description of a memory file, see memfd_create(2).</summary>
/// <param name="InodeId">The file, in memfd.img.</param>
/// <param name="Flags">O_*.</param>
/// <param name="Position">In bytes.</param>
/// <param name="Owner">Who gets its signals.</param>
internal sealed record MemFdState(uint InodeId, uint Flags, ulong Position, SignalOwner Owner);

/// <summary>The state in files.img.</summary>
internal static class MemFdImage
{
    public static FileEntry ToEntry(MemFdState state) => new()
    {
        Type = FdTypes.Memfd,
        Memfd = new MemfdFileEntry { InodeId = state.InodeId, Flags = state.Flags, Pos = state.Position, Fown = state.Owner.ToEntry() },
    };

    public static MemFdState FromEntry(FileEntry entry)
    {
        MemfdFileEntry message = entry.Memfd ?? throw FileRestore.Damaged($"file id {entry.Id} is a memfd without its state");
        return new MemFdState(message.InodeId, message.Flags, message.Pos, SignalOwner.FromEntry(message.Fown));
    }
}
