namespace Torpor.Slices.Files;

/// <summary>The one table of kinds. A description belongs to the first that recognizes it.</summary>
internal static class FileKinds
{
    public static IReadOnlyList<IFileKind> All { get; } =
    [
        // Ordering: O_PATH before all others, because such a descriptor has nothing of the file but its place.
        new Regular.PathOnlyKind(),
        // Ordering: memory files before regular ones, because to stat(2) they are regular files.
        new MemFd.MemFdKind(),
        new Regular.RegularKind(),
        new Directory.DirectoryKind(),
        new Device.DeviceKind(),
        new Pipe.PipeKind(),
        new Fifo.FifoKind(),
        new EventFd.EventFdKind(),
        new SignalFd.SignalFdKind(),
        new TimerFd.TimerFdKind(),
        new Inotify.InotifyKind(),
        new Terminal.TerminalKind(),
        new InetSocket.InetSocketKind(),
        new Netlink.NetlinkKind(),
        new PacketSocket.PacketSocketKind(),
        new Epoll.EpollKind(),
        // Ordering: behind all others, because any of them may travel in a queue.
        new UnixSocket.UnixSocketKind(),
        // Ordering: these two last, because they take what is left, and refuse it by name.
        new Unsupported.UnsupportedSocketKind(),
        new Unsupported.UnsupportedKind(),
    ];

    public static IFileKind Of(OpenDescription description) => All.First(kind => kind.Recognizes(description));

    /// <summary>The kind that brings entries of a type back; null when none does.</summary>
    public static IFileKind? Restoring(FdTypes type) => All.FirstOrDefault(kind => kind.Restores == type);

    public static int Order(IFileKind? kind)
    {
        int at = 0;
        foreach (IFileKind item in All)
        {
            if (item == kind)
                return at;
            at++;
        }
        return at;
    }
}
