namespace Torpor.Slices.Files.Epoll;

/// <summary>One file that an epoll set watches.</summary>
/// <param name="Number">The descriptor under which it was registered.</param>
/// <param name="Events">EPOLL*.</param>
/// <param name="Data">epoll_data.</param>
/// <param name="Device">Of its file system, in the kernel's form; null when unknown.</param>
/// <param name="Inode">Of the file; null when unknown.</param>
/// <param name="Position">Of the file; null when unknown.</param>
internal sealed record EpollTarget(uint Number, uint Events, ulong Data, uint? Device, ulong? Inode, ulong? Position);

/// <summary>A set of watched descriptors, see epoll(7).</summary>
internal sealed record EpollState(uint Flags, SignalOwner Owner, IReadOnlyList<EpollTarget> Targets);

/// <summary>The state in files.img.</summary>
internal static class EpollImage
{
    public static FileEntry ToEntry(EpollState state)
    {
        var message = new EventpollFileEntry { Flags = state.Flags, Fown = state.Owner.ToEntry() };
        foreach (EpollTarget target in state.Targets)
        {
            var entry = new EventpollTfdEntry { Tfd = target.Number, Events = target.Events, Data = target.Data };
            if (target.Device is { } device)
                entry.Dev = device;
            if (target.Inode is { } inode)
                entry.Inode = inode;
            if (target.Position is { } position)
                entry.Pos = position;
            message.Tfd.Add(entry);
        }
        return new FileEntry { Type = FdTypes.Eventpoll, Epfd = message };
    }

    public static EpollState FromEntry(FileEntry entry)
    {
        EventpollFileEntry message = entry.Epfd ?? throw FileRestore.Damaged($"file id {entry.Id} is an epoll set without its state");
        return new EpollState(message.Flags, SignalOwner.FromEntry(message.Fown), [.. message.Tfd.Select(target => new EpollTarget(
            target.Tfd,
            target.Events,
            target.Data,
            target.HasDev ? target.Dev : null,
            target.HasInode ? target.Inode : null,
            target.HasPos ? target.Pos : null))]);
    }
}
