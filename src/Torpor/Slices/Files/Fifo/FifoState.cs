namespace Torpor.Slices.Files.Fifo;

/// <summary>A description of a named pipe, see fifo(7). Its path, flags and signal owner are those of a file entry beside it.</summary>
/// <param name="PipeId">The same for all descriptions of one FIFO: its inode.</param>
/// <param name="FileId">The entry with the path.</param>
internal sealed record FifoState(uint PipeId, uint FileId);

/// <summary>The state in files.img.</summary>
internal static class FifoImage
{
    public static FileEntry ToEntry(FifoState state) => new()
    {
        Type = FdTypes.Fifo,
        Fifo = new FifoEntry { PipeId = state.PipeId, RegfId = state.FileId },
    };

    public static FifoState FromEntry(FileEntry entry)
    {
        FifoEntry message = entry.Fifo ?? throw FileRestore.Damaged($"file id {entry.Id} is a FIFO without its state");
        // CRIU's older images have one id for both entries.
        return new FifoState(message.PipeId, message.HasRegfId ? message.RegfId : entry.Id);
    }
}
