using System.Net;
using Torpor.Linux;
using Torpor.Model;
using static Torpor.Linux.Uapi.Poll;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.InetSocket;

/// <summary>TCP and UDP sockets.</summary>
internal sealed class InetSocketKind : IFileKind
{
    public FdTypes? Restores => FdTypes.Inetsk;

    public bool Recognizes(OpenDescription description) => description.Socket is
    { Family: AF_INET or AF_INET6, Type: SOCK_STREAM, Protocol: IPPROTO_TCP } or
    { Family: AF_INET or AF_INET6, Type: SOCK_DGRAM, Protocol: IPPROTO_UDP };

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        var streams = new Dictionary<OpenDescription, TcpConnection>();
        foreach (OpenDescription description in descriptions.Where(description => description.Socket!.Value.Type == SOCK_STREAM))
        {
            using Fd duplicate = inspection.Duplicate(description);
            streams.Add(description, TcpConnection.Read(description, duplicate));
        }
        var capture = new TcpCapture(inspection, [.. streams.Values]);
        foreach (OpenDescription description in descriptions)
        {
            if (streams.TryGetValue(description, out TcpConnection? connection))
                InspectStream(inspection, capture, connection);
            else
                InspectDatagram(inspection, description);
        }
    }

    private static void InspectStream(FileInspection inspection, TcpCapture capture, TcpConnection socket)
    {
        OpenDescription description = socket.Description;
        using Fd duplicate = inspection.Duplicate(description);
        if (capture.Inspect(socket) is not { } role || Common(inspection, description, duplicate, socket.IsConnection) is not { } common)
            return;
        // Ordering: the state once more, because the last acknowledgement may have come meanwhile.
        InetSocketState state = common with
        {
            State = TcpConnection.Read(description, duplicate).State,
            Backlog = socket.Backlog,
            IsClosed = role.IsClosed,
            HasError = role.HasError,
            IsDeaf = socket.IsDeaf,
        };
        if (role.Stream is { } stream)
            inspection.Images.TcpStreams.Add(state.Inode, stream);
        inspection.Add(description, InetSocketImage.ToEntry(state));
    }

    private static void InspectDatagram(FileInspection inspection, OpenDescription description)
    {
        using Fd duplicate = inspection.Duplicate(description);
        if ((FileCalls.Poll(duplicate, POLLIN) & POLLIN) != 0)
        {
            inspection.Refuse(description, "holds datagrams that were not received yet", "try again once the process has received them");
            return;
        }
        if (Common(inspection, description, duplicate, isConnection: false) is { } state)
            inspection.Add(description, InetSocketImage.ToEntry(state));
    }

    /// <summary>What sockets of all types have; null when it was refused.</summary>
    private static InetSocketState? Common(FileInspection inspection, OpenDescription description, Fd duplicate, bool isConnection)
    {
        if (!inspection.TrySocket(description, duplicate, out SignalOwner owner, out SkOptsEntry settings))
            return null;
        if (SocketCalls.GetName(duplicate) is not InetSocketName local)
        {
            inspection.Refuse(description, "has an address of an unknown form");
            return null;
        }
        var remote = SocketCalls.GetPeerName(duplicate) as InetSocketName;
        if (local.ScopeId != 0 || remote is { ScopeId: not 0 })
        {
            inspection.Refuse(description, $"has a link-local address ({local}), which depends on an interface", "let the process close it first");
            return null;
        }
        return new InetSocketState
        {
            Inode = (uint)description.Status.Inode,
            Family = local.Family,
            Type = description.Socket!.Value.Type,
            Protocol = description.Socket.Value.Protocol,
            State = remote is null ? TCP_CLOSE : TCP_ESTABLISHED,
            Flags = (uint)description.Flags,
            LocalAddress = local.Address,
            LocalPort = local.Port,
            RemoteAddress = remote?.Address ?? (local.Family == AF_INET ? IPAddress.Any : IPAddress.IPv6Any),
            RemotePort = remote?.Port ?? 0,
            Owner = owner,
            Settings = settings,
            V6Only = local.Family == AF_INET6 ? SocketCalls.GetOption(duplicate, IPPROTO_IPV6, IPV6_V6ONLY) != 0 : null,
            Options = InetSocketOptions.Capture(duplicate, description.Socket.Value, isConnection),
        };
    }

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        List<InetEndpoint> endpoints = [];
        foreach (RestoredDescription description in descriptions)
        {
            InetSocketState state = InetSocketImage.FromEntry(description.Entry);
            if (!restore.TryInherit(description, $"socket:[{state.Inode}]"))
                endpoints.Add(new InetEndpoint(description, state, restore.Images.TcpStreams.GetValueOrDefault(state.Inode)));
        }
        new InetSocketRestore(restore, endpoints).Run();
    }
}
