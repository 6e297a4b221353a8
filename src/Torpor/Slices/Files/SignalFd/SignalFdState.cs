namespace Torpor.Slices.Files.SignalFd;

/// <summary>Takes signals by read(2), see signalfd(2). What it would give is the process's pending signals; it holds none itself.</summary>
/// <param name="Flags">O_*.</param>
/// <param name="Owner">Who gets its signals.</param>
/// <param name="Mask">The signals it takes; bit 0 is signal 1.</param>
internal sealed record SignalFdState(uint Flags, SignalOwner Owner, ulong Mask);

/// <summary>The state in files.img.</summary>
internal static class SignalFdImage
{
    public static FileEntry ToEntry(SignalFdState state) => new()
    {
        Type = FdTypes.Signalfd,
        Sgfd = new SignalfdEntry { Flags = state.Flags, Fown = state.Owner.ToEntry(), Sigmask = state.Mask },
    };

    public static SignalFdState FromEntry(FileEntry entry)
    {
        SignalfdEntry message = entry.Sgfd ?? throw FileRestore.Damaged($"file id {entry.Id} is a signalfd without its state");
        return new SignalFdState(message.Flags, SignalOwner.FromEntry(message.Fown), message.Sigmask);
    }
}
