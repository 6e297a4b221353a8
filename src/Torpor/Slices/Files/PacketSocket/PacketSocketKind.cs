using System.Buffers.Binary;
using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Packet;
using static Torpor.Linux.Uapi.Poll;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.PacketSocket;

/// <summary>Packet sockets: those who capture packets or answer below IP. Only whoever administers the network may have them.</summary>
internal sealed class PacketSocketKind : IFileKind
{
    private const int SOL_PACKET = 263;
    private const uint TPACKET_V3 = 2;

    private static readonly int[] s_options = [PACKET_TX_HAS_OFF, PACKET_QDISC_BYPASS, PACKET_IGNORE_OUTGOING];

    public FdTypes? Restores => FdTypes.Packetsk;

    public bool Recognizes(OpenDescription description) => description.Socket is { Family: AF_PACKET };

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        using SockDiag diag = SockDiag.Open();
        Dictionary<ulong, PacketSocketInfo> known = diag.ListPackets().ToDictionary(info => info.Inode);
        foreach (OpenDescription description in descriptions)
        {
            if (!known.TryGetValue(description.Status.Inode, out PacketSocketInfo? info))
            {
                inspection.Refuse(description, "is a packet socket that sock_diag does not know: it belongs to another network namespace", "run in the socket's network namespace");
                continue;
            }
            using Fd duplicate = inspection.Duplicate(description);
            if (!inspection.TrySocket(description, duplicate, out SignalOwner owner, out SkOptsEntry settings))
                continue;
            if ((FileCalls.Poll(duplicate, POLLIN) & POLLIN) != 0)
                inspection.Note($"packets that wait in {description} stay behind, as those do that come while the process is away");
            inspection.Add(description, PacketSocketImage.ToEntry(new PacketSocketState
            {
                Info = info,
                Flags = (uint)description.Flags,
                Owner = owner,
                Settings = settings,
                Options = [.. s_options.Where(option => SocketCalls.TryGetOption(duplicate, SOL_PACKET, option, out int value, out _) && value != 0)],
            }));
        }
    }

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        foreach (RestoredDescription description in descriptions)
        {
            PacketSocketState state = PacketSocketImage.FromEntry(description.Entry);
            if (restore.TryInherit(description, $"socket:[{state.Info.Inode}]"))
                continue;
            if (!restore.Tree.Privilege.Root)
            {
                throw new TorporException(FailureKind.PrivilegeMissing, $"{description} is a packet socket, which needs CAP_NET_RAW in the network namespace",
                    "restore as root");
            }
            Create(restore, state, description);
        }
    }

    private static void Create(FileRestore restore, PacketSocketState state, RestoredDescription description)
    {
        PacketSocketInfo info = state.Info;
        SyscallProgram program = restore.Program;
        // Ordering: without a protocol it receives nothing before all is set, because no packet must come in another form.
        int fd = restore.Table.Open(program, $"create packet socket ({description})", SyscallNumber.socket, AF_PACKET, info.Type | SOCK_CLOEXEC, 0);
        SocketSettings.Compile(program, state.Settings, fd, description.Label);
        void Set(int option, uint value) => SocketSettings.Set(program, fd, SOL_PACKET, option, BitConverter.GetBytes(value), description.Label);
        if (info.Version != 0)
            Set(PACKET_VERSION, info.Version);
        if (info.Reserve != 0)
            Set(PACKET_RESERVE, info.Reserve);
        if (info.Timestamp != 0)
            Set(PACKET_TIMESTAMP, info.Timestamp);
        if (info.CopyThreshold != 0)
            Set(PACKET_COPY_THRESH, info.CopyThreshold);
        foreach ((uint flag, int option) in ((uint, int)[])[(PDI_AUXDATA, PACKET_AUXDATA), (PDI_ORIGDEV, PACKET_ORIGDEV), (PDI_VNETHDR, PACKET_VNET_HDR), (PDI_LOSS, PACKET_LOSS)])
        {
            if ((info.Flags & flag) != 0)
                Set(option, 1);
        }
        foreach (int option in state.Options)
            Set(option, 1);
        SetRing(program, fd, PACKET_RX_RING, info.ReceiveRing, info.Version, description.Label);
        SetRing(program, fd, PACKET_TX_RING, info.TransmitRing, info.Version, description.Label);
        foreach (PacketMembership membership in info.Memberships)
            SocketSettings.Set(program, fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, Request(membership), description.Label);
        if (info.Protocol != 0 || info.Interface != 0)
            program.Call($"bind {description} to protocol {info.Protocol:x} of interface {info.Interface}", SyscallNumber.bind, fd, program.Data(Address(info)), 20);
        // Ordering: last, because a socket joins others only once it receives.
        if (info.Fanout is { } fanout)
            Set(PACKET_FANOUT, fanout);
        restore.SetFlags(fd, state.Flags, 0, description.Label);
        state.Owner.Compile(restore, description);
        restore.Place(fd, description);
    }

    /// <summary>struct tpacket_req, or tpacket_req3 with three words more.</summary>
    private static void SetRing(SyscallProgram program, int fd, int option, PacketRingInfo? ring, uint version, string label)
    {
        if (ring is null)
            return;
        byte[] request = new byte[version == TPACKET_V3 ? 28 : 16];
        ReadOnlySpan<uint> words = [ring.BlockSize, ring.BlockCount, ring.FrameSize, ring.FrameCount, ring.RetireTimeout, ring.PrivateSize, ring.Features];
        for (int i = 0; i < request.Length / 4; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(i * 4), words[i]);
        SocketSettings.Set(program, fd, SOL_PACKET, option, request, label);
    }

    /// <summary>struct packet_mreq with room for the longest address: s32 interface, u16 type, u16 length, address.</summary>
    private static byte[] Request(PacketMembership membership)
    {
        byte[] request = new byte[8 + Math.Max(membership.Address.Length, 8)];
        BinaryPrimitives.WriteUInt32LittleEndian(request, membership.Interface);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(4), membership.Type);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(6), (ushort)membership.Address.Length);
        membership.Address.CopyTo(request, 8);
        return request;
    }

    /// <summary>struct sockaddr_ll: u16 family, u16 protocol in network order, s32 interface, and what bind(2) does not read.</summary>
    private static byte[] Address(PacketSocketInfo info)
    {
        byte[] address = new byte[20];
        BinaryPrimitives.WriteUInt16LittleEndian(address, AF_PACKET);
        BinaryPrimitives.WriteUInt16BigEndian(address.AsSpan(2), (ushort)info.Protocol);
        BinaryPrimitives.WriteUInt32LittleEndian(address.AsSpan(4), info.Interface);
        return address;
    }
}
