using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>Emits the calls that make a process's Unix sockets.</summary>
internal sealed class UnixSocketRestore(FileRestore restore, SortedDictionary<uint, UnixSocketRestore.Item> sockets)
{
    internal sealed record Item(RestoredDescription Description, UnixSocketState State)
    {
        public bool Done { get; set; }
    }

    private SyscallProgram Program => restore.Program;

    public void Run()
    {
        // Ordering: listeners first, for connections of the process with itself go through them; then bound datagram
        // sockets, which others connect to.
        foreach (Item item in sockets.Values.Where(item => item.State.State == TCP_LISTEN))
            Single(item);
        foreach (Item item in sockets.Values.Where(item => !item.Done))
        {
            if (item.Done)
                continue;
            Item? peer = item.State.Peer != 0 ? sockets.GetValueOrDefault(item.State.Peer) : null;
            if (peer is { Done: false } && peer.State.Peer == item.State.Inode && peer != item)
                Pair(item, peer);
            else if (item.State.State == TCP_ESTABLISHED && item.State.Peer == 0 && (item.State.Type != SOCK_DGRAM || !item.State.IsNamed))
                Orphan(item);
            else if (item.State.State == TCP_ESTABLISHED && item.State.Type != SOCK_DGRAM)
                throw Lost(item);
            else
                Single(item);
        }
        foreach (Item item in sockets.Values)
            Finish(item);
    }

    private static TorporException Lost(Item item) =>
        new(FailureKind.Refused, $"the Unix socket at {item.Description} was connected to another process, which is not in the image",
            $"give another socket in its place: --inherit-fd fd[N]:socket:[{item.State.Inode}]");

    /// <summary>A socket that is not connected, or listens; datagram sockets are connected once all have their names.</summary>
    private void Single(Item item)
    {
        int fd = Create(item);
        if (item.State.State == TCP_LISTEN)
            Program.Call($"listen at {UnixSocketNames.Show(item.State.Name)} ({item.Description})", SyscallNumber.listen, fd, item.State.Backlog);
        restore.Place(fd, item.Description);
        item.Done = true;
    }

    private int Create(Item item)
    {
        int fd = restore.Table.Open(Program, $"create Unix socket ({item.Description})", SyscallNumber.socket, AF_UNIX, item.State.Type | SOCK_CLOEXEC, 0);
        SocketSettings.Compile(Program, item.State.Settings, fd, item.Description.Label);
        UnixSocketNames.Bind(restore, item.State, fd, item.Description.Label);
        return fd;
    }

    private void Pair(Item first, Item second)
    {
        bool datagram = first.State.Type == SOCK_DGRAM;
        if (datagram && (first.State.IsNamed || second.State.IsNamed))
        {
            Single(first);
            Single(second);
            return;
        }
        if (first.State.IsNamed || second.State.IsNamed)
        {
            Accepted(first, second);
            return;
        }
        (int a, int b) = SocketPair(first.State.Type, $"{first.Description} and {second.Description}");
        SocketSettings.Compile(Program, first.State.Settings, a, first.Description.Label);
        SocketSettings.Compile(Program, second.State.Settings, b, second.Description.Label);
        Fill(first, b);
        Fill(second, a);
        restore.Place(a, first.Description, b, second.Description);
        first.Done = second.Done = true;
    }

    private (int First, int Second) SocketPair(uint type, string label)
    {
        int a = restore.Table.TakeLowest();
        int b = restore.Table.TakeLowest();
        Program.Call($"create the socket pair of {label}", SyscallNumber.socketpair, AF_UNIX, type | SOCK_CLOEXEC, 0, Program.Space(8));
        return (a, b);
    }

    /// <summary>A connection of the process with itself: made the way it was, so that both ends have their names.</summary>
    private void Accepted(Item first, Item second)
    {
        Item? listener = ListenerOf(first.State) ?? ListenerOf(second.State);
        if (listener is null)
            throw FileRestore.Damaged($"the Unix sockets at {first.Description} and {second.Description} were accepted at {UnixSocketNames.Show(first.State.Name)}, where nothing listens");
        (Item server, Item client) = first.State.Name.AsSpan().SequenceEqual(listener.State.Name) ? (first, second) : (second, first);
        int connecting = Create(client);
        byte[] name = listener.State.IsAbstract ? listener.State.Name : [.. listener.State.Name, 0];
        Program.Call($"connect to {UnixSocketNames.Show(name)} ({client.Description})", SyscallNumber.connect,
            connecting, UnixSocketNames.Address(Program, name), 2 + name.Length);
        int accepted = restore.Table.Open(Program, $"accept at {UnixSocketNames.Show(name)} ({server.Description})", SyscallNumber.accept4,
            listener.Description.First, 0, 0, SOCK_CLOEXEC);
        SocketSettings.Compile(Program, server.State.Settings, accepted, server.Description.Label);
        Fill(client, accepted);
        Fill(server, connecting);
        restore.Place(connecting, client.Description, accepted, server.Description);
        first.Done = second.Done = true;
    }

    private Item? ListenerOf(UnixSocketState state) => !state.IsNamed
        ? null
        : sockets.Values.FirstOrDefault(item => item.State.State == TCP_LISTEN && item.State.Name.AsSpan().SequenceEqual(state.Name));

    /// <summary>The peer is gone; what it sent before is still there to be received.</summary>
    private void Orphan(Item item)
    {
        (int own, int gone) = SocketPair(item.State.Type, item.Description.Label);
        SocketSettings.Compile(Program, item.State.Settings, own, item.Description.Label);
        Fill(item, gone);
        // Ordering: close before placing, because the wanted number may be this one.
        restore.Table.Close(Program, gone);
        restore.Place(own, item.Description);
        item.Done = true;
    }

    /// <summary>Sends through the peer what was in the queue. Without waiting: a queue that does not take it must fail the plan, not hang it.</summary>
    private void Fill(Item item, int peer)
    {
        foreach ((SkPacketEntry packet, byte[] data) in restore.Images.SocketPackets)
        {
            if (packet.IdFor != item.Description.Id)
                continue;
            Program.Call($"send {data.Length} bytes to {item.Description}", Expectation.Exactly(data.Length), SyscallNumber.sendto,
                peer, Program.Data(data, 1), data.Length, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
        }
    }

    /// <summary>What needs all sockets in their places.</summary>
    private void Finish(Item item)
    {
        UnixSocketState state = item.State;
        int fd = item.Description.First;
        if (state.Type == SOCK_DGRAM && state.Peer != 0 && PeerName(state) is { Length: > 0 } name)
        {
            byte[] raw = name[0] == 0 ? name : [.. name, 0];
            Program.Call($"connect to {UnixSocketNames.Show(name)} ({item.Description})", SyscallNumber.connect,
                fd, UnixSocketNames.Address(Program, raw), 2 + raw.Length);
        }
        restore.SetFlags(fd, state.Flags, 0, item.Description.Label);
        if (state.Shutdown != 0 && state.State == TCP_ESTABLISHED && state.Peer != 0)
            Program.Call($"shut down {item.Description}", SyscallNumber.shutdown, fd, state.Shutdown - 1);
        state.Owner.Compile(restore, item.Description);
    }

    private byte[]? PeerName(UnixSocketState state)
    {
        if (sockets.TryGetValue(state.Peer, out Item? peer))
            return peer.State.Name;
        foreach (FileEntry entry in restore.Images.Files.Values)
        {
            if (entry.Usk is { } other && other.Ino == state.Peer)
                return UnixSocketImage.FromEntry(entry).Name;
        }
        return null;
    }
}
