namespace Torpor.Slices.Files.EventFd;

/// <summary>A counter that wakes its readers, see eventfd(2).</summary>
/// <param name="Flags">O_*.</param>
/// <param name="Owner">Who gets its signals.</param>
/// <param name="Count">The counter's value, not yet read.</param>
/// <param name="Semaphore">A read takes one, not all.</param>
internal sealed record EventFdState(uint Flags, SignalOwner Owner, ulong Count, bool Semaphore);

/// <summary>The state in files.img.</summary>
internal static class EventFdImage
{
    /// <summary>EFD_SEMAPHORE; the kernel keeps it apart from the O_* flags, where this bit is O_WRONLY, which no eventfd has.</summary>
    private const uint EFD_SEMAPHORE = 1;

    public static FileEntry ToEntry(EventFdState state) => new()
    {
        Type = FdTypes.Eventfd,
        Efd = new EventfdFileEntry
        {
            Flags = state.Flags | (state.Semaphore ? EFD_SEMAPHORE : 0),
            Fown = state.Owner.ToEntry(),
            Counter = state.Count,
        },
    };

    public static EventFdState FromEntry(FileEntry entry)
    {
        EventfdFileEntry message = entry.Efd ?? throw FileRestore.Damaged($"file id {entry.Id} is an eventfd without its state");
        return new EventFdState(message.Flags & ~EFD_SEMAPHORE, SignalOwner.FromEntry(message.Fown), message.Counter, (message.Flags & EFD_SEMAPHORE) != 0);
    }
}
