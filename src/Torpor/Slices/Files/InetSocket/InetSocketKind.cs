using System.Buffers.Binary;
using System.Net;
using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Poll;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.InetSocket;

/// <summary>TCP sockets that listen or are not connected, and UDP sockets.</summary>
internal sealed class InetSocketKind : IFileKind
{
    /// <summary>Offsets in <c>struct tcp_info</c>: for a listening socket the second and third are the connections that wait, and the backlog.</summary>
    private const int InfoState = 0;
    private const int InfoUnacknowledged = 24;
    private const int InfoSelectivelyAcknowledged = 28;
    private const int InfoSegmentsOut = 136;
    private const int InfoSegmentsIn = 140;
    private const int InfoSize = 256;

    public FdTypes? Restores => FdTypes.Inetsk;

    public bool Recognizes(OpenDescription description) => description.Socket is
    { Family: AF_INET or AF_INET6, Type: SOCK_STREAM, Protocol: IPPROTO_TCP } or
    { Family: AF_INET or AF_INET6, Type: SOCK_DGRAM, Protocol: IPPROTO_UDP };

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (OpenDescription description in descriptions)
        {
            using Fd duplicate = inspection.Duplicate(description);
            if (!TryRole(inspection, description, duplicate, out int state, out int backlog)
                || !inspection.TrySocket(description, duplicate, out SignalOwner owner, out SkOptsEntry settings))
                continue;
            if (SocketCalls.GetName(duplicate) is not InetSocketName local)
            {
                inspection.Refuse(description, "has an address of an unknown form");
                continue;
            }
            var remote = SocketCalls.GetPeerName(duplicate) as InetSocketName;
            if (local.ScopeId != 0 || remote is { ScopeId: not 0 })
            {
                inspection.Refuse(description, $"has a link-local address ({local}), which depends on an interface", "let the process close it first");
                continue;
            }
            inspection.Add(description, InetSocketImage.ToEntry(new InetSocketState
            {
                Inode = (uint)description.Status.Inode,
                Family = local.Family,
                Type = description.Socket!.Value.Type,
                Protocol = description.Socket.Value.Protocol,
                State = remote is null ? state : TCP_ESTABLISHED,
                Flags = (uint)description.Flags,
                LocalAddress = local.Address,
                LocalPort = local.Port,
                RemoteAddress = remote?.Address ?? Unspecified(local.Family),
                RemotePort = remote?.Port ?? 0,
                Backlog = backlog,
                Owner = owner,
                Settings = settings,
                V6Only = local.Family == AF_INET6 ? SocketCalls.GetOption(duplicate, IPPROTO_IPV6, IPV6_V6ONLY) != 0 : null,
                Options = InetSocketOptions.Capture(duplicate, description.Socket.Value),
            }));
        }
    }

    private static IPAddress Unspecified(int family) => family == AF_INET ? IPAddress.Any : IPAddress.IPv6Any;

    /// <summary>Whether it is a socket that can be made again, and as what.</summary>
    private static bool TryRole(FileInspection inspection, OpenDescription description, Fd duplicate, out int state, out int backlog)
    {
        state = TCP_CLOSE;
        backlog = 0;
        if (description.Socket!.Value.Type == SOCK_DGRAM)
        {
            if ((FileCalls.Poll(duplicate, POLLIN) & POLLIN) == 0)
                return true;
            inspection.Refuse(description, "holds datagrams that were not received yet", "try again once the process has received them");
            return false;
        }
        byte[] info = new byte[InfoSize];
        SocketCalls.GetOption(duplicate, IPPROTO_TCP, TCP_INFO, info);
        state = info[InfoState];
        if (state == TCP_LISTEN)
        {
            uint waiting = BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(InfoUnacknowledged));
            backlog = (int)BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(InfoSelectivelyAcknowledged));
            if (waiting == 0)
                return true;
            inspection.Refuse(description, $"has {waiting} connections that wait to be accepted", "try again once the process has accepted them");
            return false;
        }
        bool used = BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(InfoSegmentsOut)) != 0 || BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(InfoSegmentsIn)) != 0;
        if (state == TCP_CLOSE && !used)
            return true;
        string peer = SocketCalls.GetPeerName(duplicate) is { } name ? $" to {name}" : "";
        inspection.Refuse(description, $"is a TCP connection{peer}", "TCP connections are not supported yet; close them first, as by ending the clients");
        return false;
    }

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        foreach (RestoredDescription description in descriptions)
        {
            InetSocketState state = InetSocketImage.FromEntry(description.Entry);
            if (restore.TryInherit(description, $"socket:[{state.Inode}]"))
                continue;
            if (state.Type == SOCK_STREAM && state.State is not (TCP_LISTEN or TCP_CLOSE))
            {
                throw new TorporException(FailureKind.Refused, $"the socket at {description} is a TCP connection, which is not supported yet",
                    $"give another in its place: --inherit-fd fd[N]:socket:[{state.Inode}]");
            }
            CompileSocket(restore, description, state);
        }
    }

    private static void CompileSocket(FileRestore restore, RestoredDescription description, InetSocketState state)
    {
        SyscallProgram program = restore.Program;
        string label = description.Label;
        int fd = restore.Table.Open(program, $"create {(state.Type == SOCK_STREAM ? "TCP" : "UDP")} socket ({label})", SyscallNumber.socket,
            state.Family, state.Type | SOCK_CLOEXEC, state.Protocol);
        SocketSettings.Compile(program, state.Settings, fd, label);
        if (state.V6Only is { } only)
            SocketSettings.Set(program, fd, IPPROTO_IPV6, IPV6_V6ONLY, BitConverter.GetBytes(only ? 1 : 0), label);
        foreach (SocketOption option in state.Options)
            SocketSettings.Set(program, fd, option.Level, option.Name, option.Value, label);
        if (state.LocalPort != 0)
            Bind(program, state, fd, label);
        if (state.State == TCP_LISTEN)
            program.Call($"listen at {state.LocalAddress} port {state.LocalPort} ({label})", SyscallNumber.listen, fd, state.Backlog);
        if (state.Type == SOCK_DGRAM && state.RemotePort != 0)
        {
            program.Call($"connect to {state.RemoteAddress} port {state.RemotePort} ({label})", SyscallNumber.connect,
                fd, Address(program, state.RemoteAddress, state.RemotePort, out int length), length);
        }
        restore.SetFlags(fd, state.Flags, 0, label);
        state.Owner.Compile(restore, description);
        restore.Place(fd, description);
    }

    private static void Bind(SyscallProgram program, InetSocketState state, int fd, string label)
    {
        // Connections of the original may linger in TIME_WAIT, which bars the port unless SO_REUSEADDR is on.
        bool lend = state.Type == SOCK_STREAM && !state.Settings.Reuseaddr;
        if (lend)
            SocketSettings.Set(program, fd, SO_REUSEADDR, 1, label);
        program.Call($"bind {state.LocalAddress} port {state.LocalPort} ({label})", SyscallNumber.bind,
            fd, Address(program, state.LocalAddress, state.LocalPort, out int length), length);
        if (lend)
            SocketSettings.Set(program, fd, SO_REUSEADDR, 0, label);
    }

    /// <summary>A <c>struct sockaddr_in</c> or <c>sockaddr_in6</c>.</summary>
    private static DataReference Address(SyscallProgram program, IPAddress address, int port, out int length)
    {
        byte[] bytes = address.GetAddressBytes();
        bool four = bytes.Length == 4;
        length = four ? 16 : 28;
        Span<byte> name = stackalloc byte[length];
        name.Clear();
        BitConverter.TryWriteBytes(name, (ushort)(four ? AF_INET : AF_INET6));
        BinaryPrimitives.WriteUInt16BigEndian(name[2..], (ushort)port);
        bytes.CopyTo(name[(four ? 4 : 8)..]);
        return program.Data(name);
    }
}
