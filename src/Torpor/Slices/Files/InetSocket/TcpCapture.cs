using System.Net;
using Torpor.Linux;
using Torpor.Model;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.InetSocket;

/// <summary>
/// Decides what becomes of the TCP sockets of a tree, and reads what connections hold. A connection with both ends in the tree
/// can be made anew by anybody, as long as nothing is under way: what one end has sent is in the other's queue, where peeking
/// shows it. An end whose peer nobody holds any more is made with a peer that leaves at once.
/// </summary>
internal sealed class TcpCapture(FileInspection inspection, IReadOnlyList<TcpConnection> sockets)
{
    /// <summary>An acknowledgement may be put off for 200 ms (TCP_DELACK_MAX).</summary>
    private const int Patience = 500;

    private readonly Dictionary<(IPAddress, int, IPAddress, int), TcpConnection> _byPath = Index(sockets);

    private TcpConnections Policy => inspection.Options.TcpConnections;

    private static Dictionary<(IPAddress, int, IPAddress, int), TcpConnection> Index(IReadOnlyList<TcpConnection> sockets)
    {
        var index = new Dictionary<(IPAddress, int, IPAddress, int), TcpConnection>();
        foreach (TcpConnection socket in sockets.Where(socket => socket is { IsConnection: true, HasEnded: false, Remote: not null }))
            index.TryAdd(socket.Path, socket);
        return index;
    }

    /// <summary>What an entry has to say of a socket; null when it was refused.</summary>
    public TcpRole? Inspect(TcpConnection socket)
    {
        if (socket.State == TCP_LISTEN)
            return Listener(socket);
        if (!socket.IsConnection)
            return new TcpRole(false, null);
        if (socket.HasEnded)
            return Ended(socket);
        if (Policy == TcpConnections.Closed)
        {
            inspection.Tree.BeforeKill.Add(() => LendPort(socket));
            return new TcpRole(true, null);
        }
        if (Policy == TcpConnections.Refused)
            return Refuse(socket, "Connected TCP socket, consider using --tcp-established option, or --tcp-close to have it come back closed");
        if (socket.HasUrgentData)
            return Refuse(socket, "it holds urgent data; try again once the process has received it, or let the connection come back closed with --tcp-close");
        return socket.State == TCP_SYN_SENT ? Refuse(socket, "it is being opened; try again once it is, or let it come back closed with --tcp-close") : Kept(socket);
    }

    private TcpRole? Listener(TcpConnection socket)
    {
        if (socket.Waiting == 0)
            return new TcpRole(false, null);
        if (Policy == TcpConnections.Closed)
        {
            inspection.Note($"{socket.Description}: {socket.Waiting} connections that wait to be accepted at {socket.Local} are lost");
            return new TcpRole(false, null);
        }
        inspection.Refuse(socket.Description, $"has {socket.Waiting} connections that wait to be accepted", "try again once the process has accepted them, or give them up with --tcp-close");
        return null;
    }

    private TcpRole? Ended(TcpConnection socket)
    {
        byte[] left = Peek(socket);
        if (left.Length > 0 && socket.HasError)
            return Refuse(socket, "it has ended with an error, and bytes that were not read yet; try again once the process has read them");
        return new TcpRole(true, left.Length > 0 ? TcpStream.Of(left) : null) { HasError = socket.HasError };
    }

    private TcpRole? Kept(TcpConnection socket)
    {
        if (socket.Path == socket.Mirrored)
            return Refuse(socket, "it is connected to itself; let it come back closed with --tcp-close");
        bool inside = _byPath.TryGetValue(socket.Mirrored, out TcpConnection? peer);
        if (!inside && !IsAbandoned(socket))
        {
            return Refuse(socket, Policy == TcpConnections.Kept
                ? "its other end is not in the tree, which is not supported yet; let it come back closed with --tcp-close"
                : "its other end is not in the tree; let it come back closed with --tcp-close, or close it first, as by ending the clients");
        }
        if (!IsSettled(socket) || (inside && !IsSettled(peer!)))
            return Refuse(socket, "it holds bytes that its other end has no room for yet; try again once they are received, or let it come back closed with --tcp-close");
        inspection.Tree.BeforeKill.Add(() => LeaveNothing(socket));
        return new TcpRole(false, TcpStream.Of(Peek(socket)));
    }

    /// <summary>The peer has ended its direction, is on this machine, and no process holds it.</summary>
    private static bool IsAbandoned(TcpConnection socket)
    {
        if (!TcpConnection.HasReceivedEnd(socket.State) || !IPAddress.IsLoopback(TcpConnection.Plain(socket.Remote!.Address)))
            return false;
        using SockDiag diag = SockDiag.Open();
        foreach (int family in (int[])[AF_INET, AF_INET6])
        {
            foreach (InetSocketInfo other in diag.ListInet(family, IPPROTO_TCP))
            {
                if (other.Inode != 0 && (TcpConnection.Plain(other.Local.Address), other.Local.Port, TcpConnection.Plain(other.Remote.Address), other.Remote.Port) == socket.Mirrored)
                    return false;
            }
        }
        return true;
    }

    /// <summary>All that was written has arrived. The kernel goes on with that while the processes stand still.</summary>
    private static bool IsSettled(TcpConnection socket)
    {
        using Fd duplicate = socket.Description.Duplicate();
        long deadline = Environment.TickCount64 + Patience;
        while (Outgoing(duplicate) != 0)
        {
            if (Environment.TickCount64 > deadline)
                return false;
            Thread.Sleep(2);
        }
        return true;
    }

    private static int Outgoing(Fd socket)
    {
        int count = 0;
        FileCalls.Ioctl(socket, SIOCOUTQ, ref count).OrThrow($"ioctl SIOCOUTQ {socket}");
        return count;
    }

    private static byte[] Peek(TcpConnection socket)
    {
        using Fd duplicate = socket.Description.Duplicate();
        byte[] data = new byte[FileCalls.BytesReadable(duplicate)];
        int length = data.Length == 0 ? 0 : SocketCalls.PeekStream(duplicate, data);
        return length == data.Length ? data : throw new LinuxException($"peek {socket.Description}: {length} of {data.Length} bytes", Errno.EIO);
    }

    /// <summary>Both ends go without a word, so that no TIME_WAIT of theirs stands in the way of the restored ones.</summary>
    private static void LeaveNothing(TcpConnection socket)
    {
        using Fd duplicate = socket.Description.Duplicate();
        SocketCalls.SetOption(duplicate, SOL_SOCKET, SO_LINGER, [1, 0, 0, 0, 0, 0, 0, 0]);
    }

    /// <summary>What is left of it in TIME_WAIT bars the port of a listener to all but sockets with SO_REUSEADDR, and to these too unless it had that itself.</summary>
    private static void LendPort(TcpConnection socket)
    {
        using Fd duplicate = socket.Description.Duplicate();
        SocketCalls.SetOption(duplicate, SOL_SOCKET, SO_REUSEADDR, 1);
    }

    private TcpRole? Refuse(TcpConnection socket, string why)
    {
        inspection.Refuse(socket.Description, $"is a TCP connection{(socket.Remote is { } name ? $" to {name}" : "")}", why);
        return null;
    }
}

/// <summary>What becomes of a TCP socket.</summary>
/// <param name="IsClosed">It comes back as a connection that has ended.</param>
/// <param name="Stream">What it holds; null for nothing.</param>
internal sealed record TcpRole(bool IsClosed, TcpStream? Stream)
{
    public bool HasError { get; init; }
}
