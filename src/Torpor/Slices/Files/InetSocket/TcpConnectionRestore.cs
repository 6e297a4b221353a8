using System.Net;
using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Poll;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.InetSocket;

/// <summary>
/// Emits the calls that make TCP connections without any privilege: of two ends in the tree one connects and the other is
/// accepted, at the addresses and ports that they had, and each sends what the other has not read yet. Sequence numbers are
/// others than before, which neither end can tell.
/// </summary>
internal sealed class TcpConnectionRestore(FileRestore restore)
{
    /// <summary>Fits into the buffers that every socket starts with.</summary>
    private const int AlwaysFits = 16 << 10;

    private SyscallProgram Program => restore.Program;

    public void Run(IReadOnlyList<InetEndpoint> connections)
    {
        var byPath = new Dictionary<(IPAddress, int, IPAddress, int), InetEndpoint>();
        foreach (InetEndpoint endpoint in connections)
        {
            if (!byPath.TryAdd(endpoint.Path, endpoint) || endpoint.Path == endpoint.Mirrored)
                throw FileRestore.Damaged($"{endpoint.Label} is a TCP connection like another one, from {endpoint.State.LocalAddress} port {endpoint.State.LocalPort} to {endpoint.State.RemoteAddress} port {endpoint.State.RemotePort}");
        }
        var made = new HashSet<InetEndpoint>();
        foreach (InetEndpoint endpoint in connections)
        {
            if (made.Contains(endpoint))
                continue;
            InetEndpoint? peer = byPath.GetValueOrDefault(endpoint.Mirrored);
            if (peer is null && !TcpConnection.HasReceivedEnd(endpoint.State.State))
                throw Outside(endpoint);
            if (endpoint.Stream is not { Outgoing.Length: 0 } || peer is { Stream: not { Outgoing.Length: 0 } })
                throw Outside(endpoint);
            Connect(endpoint, peer);
            made.Add(endpoint);
            if (peer is not null)
                made.Add(peer);
        }
    }

    private static TorporException Outside(InetEndpoint endpoint) => new(FailureKind.Refused,
        $"{endpoint.Label} is a TCP connection to {endpoint.State.RemoteAddress} port {endpoint.State.RemotePort}, whose other end is not in the images",
        $"have it come back closed with --tcp-close, or give another socket in its place: --inherit-fd fd[N]:socket:[{endpoint.State.Inode}]");

    /// <summary>One end is accepted, and the other connects; where nobody holds the other one, it sends what is left and goes.</summary>
    private void Connect(InetEndpoint server, InetEndpoint? client)
    {
        InetSocketState state = server.State;
        int toServer = server.Stream!.Incoming.Length;
        int toClient = client?.Stream!.Incoming.Length ?? 0;
        int listener = Create(state, $"listen for {server.Label}");
        WidenBuffers(listener, toServer, toClient, server.Label);
        Bind(listener, state.LocalAddress, state.LocalPort, server.Label);
        Program.Call($"listen at {state.LocalAddress} port {state.LocalPort} for the moment ({server.Label})", SyscallNumber.listen, listener, 1);
        string label = client?.Label ?? $"the peer of {server.Label}";
        int connecting = client is not null ? Create(client.State, label)
            : restore.Table.Open(Program, $"create TCP socket ({label})", SyscallNumber.socket, state.Family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
        WidenBuffers(connecting, toClient, toServer, label);
        Bind(connecting, client?.State.LocalAddress ?? state.RemoteAddress, state.RemotePort, label);
        IPAddress goal = client?.State.RemoteAddress ?? state.LocalAddress;
        Program.Call($"connect to {goal} port {state.LocalPort} ({label})", SyscallNumber.connect, connecting, InetEndpoint.Name(Program, goal, state.LocalPort, out int length), length);
        int accepted = restore.Table.Open(Program, $"accept {server.Label}", SyscallNumber.accept4, listener, 0, 0, SOCK_CLOEXEC);
        restore.Table.Close(Program, listener);
        Send(connecting, server.Stream.Incoming, server.Label);
        if (client is not null)
            Send(accepted, client.Stream!.Incoming, client.Label);
        ShutDown(accepted, server);
        restore.Place(accepted, server.Description);
        NarrowBuffers(server, toServer + toClient);
        if (client is null)
        {
            restore.Table.Close(Program, connecting);
            return;
        }
        ShutDown(connecting, client);
        restore.Place(connecting, client.Description);
        NarrowBuffers(client, toServer + toClient);
    }

    /// <summary>
    /// A connection that has ended, made as one to a peer of the moment that goes: with a reset, or with an end behind what is left to
    /// read.
    /// </summary>
    public void MakeClosed(InetEndpoint endpoint)
    {
        InetSocketState state = endpoint.State;
        string label = endpoint.Label;
        byte[] left = endpoint.State.IsClosed ? endpoint.Stream?.Incoming ?? [] : [];
        bool six = state.Family == AF_INET6;
        int listener = OpenStream(state.Family, $"the peer of {label}");
        int nameLength = six ? 28 : 16;
        IPAddress loopback = six ? IPAddress.Loopback.MapToIPv6() : IPAddress.Loopback;
        Program.Call($"bind {loopback}", SyscallNumber.bind, listener, InetEndpoint.Name(Program, loopback, 0, out int length), length);
        Program.Call("listen for the moment", SyscallNumber.listen, listener, 1);
        DataReference name = Program.Space(nameLength);
        Program.Call("ask for its port", SyscallNumber.getsockname, listener, name, Program.Data(BitConverter.GetBytes(nameLength)));
        int fd = OpenStream(state.Family, label);
        WidenBuffers(fd, left.Length, 0, label);
        Program.Call($"connect {label} for the moment", SyscallNumber.connect, fd, name, nameLength);
        int peer = restore.Table.Open(Program, $"accept the peer of {label}", SyscallNumber.accept4, listener, 0, 0, SOCK_CLOEXEC);
        restore.Table.Close(Program, listener);
        WidenBuffers(peer, 0, left.Length, label);
        Send(peer, left, label);
        if (left.Length == 0)
            SocketSettings.Set(Program, peer, SOL_SOCKET, SO_LINGER, [1, 0, 0, 0, 0, 0, 0, 0], $"the peer of {label}");
        restore.Table.Close(Program, peer);
        WaitFor(fd, POLLRDHUP, label);
        if (left.Length > 0)
            Program.Call($"end {label}", SyscallNumber.shutdown, fd, 1);
        else if (!state.HasError)
            Program.Call($"take the error of {label}", SyscallNumber.getsockopt, fd, SOL_SOCKET, SO_ERROR, Program.Space(4), Program.Data(BitConverter.GetBytes(4)));
        if (state.V6Only == true)
            SocketSettings.Set(Program, fd, IPPROTO_IPV6, IPV6_V6ONLY, BitConverter.GetBytes(1), label);
        restore.Place(fd, endpoint.Description);
        NarrowBuffers(endpoint, left.Length);
    }

    /// <summary>Makes a socket that can reach the mapped addresses of IPv4.</summary>
    private int OpenStream(int family, string label)
    {
        int fd = restore.Table.Open(Program, $"create TCP socket ({label})", SyscallNumber.socket, family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
        if (family == AF_INET6)
            SocketSettings.Set(Program, fd, IPPROTO_IPV6, IPV6_V6ONLY, BitConverter.GetBytes(0), label);
        return fd;
    }

    private int Create(InetSocketState state, string label)
    {
        int fd = OpenStream(state.Family, label);
        if (state.V6Only == true)
            SocketSettings.Set(Program, fd, IPPROTO_IPV6, IPV6_V6ONLY, BitConverter.GetBytes(1), label);
        return fd;
    }

    /// <summary>With SO_REUSEADDR, because connections of one listener have its port in common.</summary>
    private void Bind(int fd, IPAddress address, int port, string label)
    {
        SocketSettings.Set(Program, fd, SO_REUSEADDR, 1, label);
        Program.Call($"bind {address} port {port} ({label})", SyscallNumber.bind, fd, InetEndpoint.Name(Program, address, port, out int length), length);
    }

    private void ShutDown(int fd, InetEndpoint endpoint)
    {
        if (TcpConnection.HasSentEnd(endpoint.State.State))
            Program.Call($"end what {endpoint.Label} sends", SyscallNumber.shutdown, fd, 1);
        if (endpoint.State.IsDeaf)
            Program.Call($"end what {endpoint.Label} receives", SyscallNumber.shutdown, fd, 0);
    }

    private void WaitFor(int fd, short events, string label)
    {
        const int Milliseconds = 10_000;
        Span<byte> entry = stackalloc byte[8];
        BitConverter.TryWriteBytes(entry, fd);
        BitConverter.TryWriteBytes(entry[4..], events);
        Program.Call($"wait for the end of {label}", Expectation.Exactly(1), SyscallNumber.poll, Program.Data(entry), 1, Milliseconds);
    }

    /// <summary>Without waiting: what does not fit must fail the plan, not hang it.</summary>
    private void Send(int fd, byte[] data, string label)
    {
        if (data.Length > 0)
            Program.Call($"send {data.Length} bytes to {label}", Expectation.Exactly(data.Length), SyscallNumber.sendto, fd, Program.Data(data, 1), data.Length, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
    }

    /// <summary>Ordering: before the connection, because the window's scale comes from the buffer as it is then.</summary>
    private void WidenBuffers(int fd, int incoming, int outgoing, string label)
    {
        Widen(fd, SO_RCVBUF, SO_RCVBUFFORCE, incoming, label);
        Widen(fd, SO_SNDBUF, SO_SNDBUFFORCE, outgoing, label);
    }

    /// <summary>The kernel doubles what it is given, and cuts it to its limit, unless one may force it.</summary>
    private void Widen(int fd, int option, int force, int bytes, string label)
    {
        if (bytes <= AlwaysFits)
            return;
        byte[] value = BitConverter.GetBytes(Math.Min(2L * bytes, int.MaxValue / 2));
        foreach (int name in (int[])[option, force])
            Program.Call($"widen a buffer of {label}", Expectation.Any, SyscallNumber.setsockopt, fd, SOL_SOCKET, name, Program.Data(value.AsSpan(0, sizeof(int))), sizeof(int));
    }

    /// <summary>Gives the kernel back the buffers whose size the process never set itself.</summary>
    private void NarrowBuffers(InetEndpoint endpoint, int bytes)
    {
        if (bytes <= AlwaysFits)
            return;
        SkOptsEntry settings = endpoint.State.Settings;
        int fd = endpoint.Description.First;
        SocketSettings.Set(Program, fd, SO_SNDBUF, (int)(settings.SoSndbuf / 2), endpoint.Label);
        SocketSettings.Set(Program, fd, SO_RCVBUF, (int)(settings.SoRcvbuf / 2), endpoint.Label);
        SocketSettings.Set(Program, fd, SO_BUF_LOCK, (int)settings.SoBufLock, endpoint.Label);
    }
}
