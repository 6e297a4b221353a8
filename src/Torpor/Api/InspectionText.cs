using System.Buffers.Binary;
using System.Net;
using System.Text;
using Torpor.Images.Messages;

namespace Torpor;

/// <summary>Puts entries of files into words. Entries come from outside: control characters in them are not passed on.</summary>
internal static class InspectionText
{
    public static string Kind(FdTypes type) => type switch
    {
        FdTypes.Reg => "file",
        FdTypes.Pipe => "pipe",
        FdTypes.Fifo => "named pipe",
        FdTypes.Inetsk => "internet socket",
        FdTypes.Unixsk => "unix socket",
        FdTypes.Eventfd => "eventfd",
        FdTypes.Eventpoll => "epoll",
        FdTypes.Inotify => "inotify",
        FdTypes.Signalfd => "signalfd",
        FdTypes.Packetsk => "packet socket",
        FdTypes.Tty => "terminal",
        FdTypes.Fanotify => "fanotify",
        FdTypes.Netlinksk => "netlink socket",
        FdTypes.Ns => "namespace",
        FdTypes.Tunf => "tun",
        FdTypes.Ext => "external",
        FdTypes.Timerfd => "timerfd",
        FdTypes.Memfd => "memfd",
        FdTypes.Bpfmap => "bpf map",
        _ => $"type {(int)type}",
    };

    public static string Details(FileEntry file, IReadOnlyDictionary<uint, FileEntry> files) => Clean(file switch
    {
        { Reg: { } regular } => $"{regular.Name} at {regular.Pos}",
        { Pipe: { } pipe } => $"pipe {pipe.PipeId}, {Direction(pipe.Flags)}{(pipe.TorporOutside ? ", its other end is outside" : "")}",
        { Fifo: { } fifo } => $"pipe {fifo.PipeId}{Path(fifo.RegfId, files)}",
        { Isk: { } socket } => Internet(socket),
        { Usk: { } socket } => Unix(socket),
        { Efd: { } counter } => $"counter {counter.Counter}",
        { Epfd: { } poll } => $"watches {poll.Tfd.Count}",
        { Sgfd: { } signals } => $"signals 0x{signals.Sigmask:x16}",
        { Tfd: { } timer } => $"clock {timer.Clockid}, {timer.Ticks} ticks",
        { Tty: { } terminal } => $"terminal {terminal.TtyInfoId}{Path(terminal.RegfId, files)}",
        { Memfd: { } memory } => $"inode {memory.InodeId} at {memory.Pos}",
        _ => "",
    });

    private static string Path(uint id, IReadOnlyDictionary<uint, FileEntry> files) =>
        files.TryGetValue(id, out FileEntry? entry) && entry.Reg is { } regular ? $", {regular.Name}" : "";

    private static string Direction(uint flags) => (flags & 3) switch { 0 => "read", 1 => "write", _ => "both ways" };

    private static string Unix(UnixSkEntry socket)
    {
        ReadOnlySpan<byte> name = socket.Name.Span.TrimEnd((byte)0);
        string text = name.Length == 0 ? "unnamed" : name[0] == 0 ? "@" + Encoding.UTF8.GetString(name[1..]) : Encoding.UTF8.GetString(name);
        return $"{Type(socket.Type)} {text}{(socket.State == TCP_LISTEN ? ", listens" : socket.Peer != 0 ? $", peer {socket.Peer}" : "")}";
    }

    private static string Internet(InetSkEntry socket)
    {
        string remote = socket.DstPort != 0 ? $" to {Address(socket.DstAddr, socket.DstPort)}" : "";
        return $"{Type(socket.Type)} {Address(socket.SrcAddr, socket.SrcPort)}{remote}{(socket.State == TCP_LISTEN ? ", listens" : "")}";
    }

    private const uint TCP_LISTEN = 10;

    private static string Type(uint type) => type switch { 1 => "stream", 2 => "datagram", 3 => "raw", 5 => "seqpacket", _ => $"type {type}" };

    /// <summary>Addresses are kept as the words that the kernel has in memory, in network order.</summary>
    private static string Address(IReadOnlyList<uint> words, uint port)
    {
        if (words.Count is not (1 or 4))
            return $"?:{port}";
        var bytes = new byte[words.Count * sizeof(uint)];
        for (int i = 0; i < words.Count; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), words[i]);
        return new IPEndPoint(new IPAddress(bytes), (int)(port & 0xffff)).ToString();
    }

    private static string Clean(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter)) : text;
}
