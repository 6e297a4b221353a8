using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>Unix sockets: pairs, listening ones, connections of the process with itself, datagram sockets.</summary>
internal sealed class UnixSocketKind : IFileKind
{
    public FdTypes? Restores => FdTypes.Unixsk;

    public bool Recognizes(OpenDescription description) => description.Socket is { Family: AF_UNIX };

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions) =>
        new UnixSocketCapture(inspection, descriptions).Run();

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        var own = new SortedDictionary<uint, UnixSocketRestore.Item>();
        foreach (RestoredDescription description in descriptions)
        {
            UnixSocketState state = UnixSocketImage.FromEntry(description.Entry);
            if (restore.TryInherit(description, $"socket:[{state.Inode}]", $"unix[{state.Inode}]"))
                continue;
            if (state.Outside)
                StandardStreams.Rehome(restore, description, writes: description.Slots.Exists(slot => slot.Number is 1 or 2));
            else if (!own.TryAdd(state.Inode, new UnixSocketRestore.Item(description, state)))
                throw FileRestore.Damaged($"two Unix sockets have inode {state.Inode}");
        }
        new UnixSocketRestore(restore, own).Run();
    }
}
