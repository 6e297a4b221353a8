using Google.Protobuf;
using Torpor.Linux;
using static Torpor.Linux.Uapi.Packet;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.PacketSocket;

/// <summary>A packet socket, see packet(7).</summary>
internal sealed record PacketSocketState
{
    public required PacketSocketInfo Info { get; init; }

    /// <summary>O_*.</summary>
    public required uint Flags { get; init; }

    public SignalOwner Owner { get; init; } = SignalOwner.Nobody;

    public SkOptsEntry Settings { get; init; } = new();

    /// <summary>Options that are on, and that CRIU has no field for.</summary>
    public IReadOnlyList<int> Options { get; init; } = [];
}

/// <summary>The state in files.img.</summary>
internal static class PacketSocketImage
{
    private const uint NoFanout = uint.MaxValue;
    private const int SOL_PACKET = 263;

    public static FileEntry ToEntry(PacketSocketState state)
    {
        PacketSocketInfo info = state.Info;
        var message = new PacketSockEntry
        {
            Type = (uint)info.Type,
            Protocol = (uint)info.Protocol,
            Flags = state.Flags,
            Ifindex = info.Interface,
            Fown = state.Owner.ToEntry(),
            Opts = state.Settings,
            Version = info.Version,
            Reserve = info.Reserve,
            AuxData = (info.Flags & PDI_AUXDATA) != 0,
            OrigDev = (info.Flags & PDI_ORIGDEV) != 0,
            VnetHdr = (info.Flags & PDI_VNETHDR) != 0,
            Loss = (info.Flags & PDI_LOSS) != 0,
            Timestamp = info.Timestamp,
            CopyThresh = info.CopyThreshold,
            Fanout = info.Fanout ?? NoFanout,
            RxRing = ToRing(info.ReceiveRing),
            TxRing = ToRing(info.TransmitRing),
            TorporIno = (uint)info.Inode,
        };
        foreach (PacketMembership membership in info.Memberships)
        {
            for (uint i = 0; i < Math.Max(membership.Count, 1); i++)
                message.Mclist.Add(new PacketMclist { Index = membership.Interface, Type = membership.Type, Addr = ByteString.CopyFrom(membership.Address) });
        }
        foreach (int option in state.Options)
            message.TorporOptions.Add(new TorporSocketOption { Level = SOL_PACKET, Name = (uint)option, Value = ByteString.CopyFrom(1, 0, 0, 0) });
        return new FileEntry { Type = FdTypes.Packetsk, Psk = message };
    }

    public static PacketSocketState FromEntry(FileEntry entry)
    {
        PacketSockEntry message = entry.Psk ?? throw FileRestore.Damaged($"file id {entry.Id} is a packet socket without its state");
        if (message.Type is not (SOCK_RAW or SOCK_DGRAM or SOCK_PACKET) || message.Mclist.Any(item => item.Addr.Length > LongestAddress))
            throw FileRestore.Damaged($"the packet socket with file id {entry.Id} is of type {message.Type}, or has an address of impossible length");
        uint flags = (message.AuxData ? PDI_AUXDATA : 0) | (message.OrigDev ? PDI_ORIGDEV : 0) | (message.VnetHdr ? PDI_VNETHDR : 0) | (message.Loss ? PDI_LOSS : 0);
        return new PacketSocketState
        {
            Info = new PacketSocketInfo(
                (int)message.Type,
                (int)(message.Protocol & 0xffff),
                message.TorporIno,
                message.Ifindex,
                message.Version,
                message.Reserve,
                message.CopyThresh,
                message.Timestamp,
                flags,
                [.. message.Mclist.Select(item => new PacketMembership(item.Index, 1, (ushort)item.Type, item.Addr.ToByteArray()))],
                FromRing(message.RxRing),
                FromRing(message.TxRing),
                message.Fanout == NoFanout ? null : message.Fanout),
            Flags = message.Flags,
            Owner = SignalOwner.FromEntry(message.Fown),
            Settings = message.Opts ?? new SkOptsEntry(),
            Options = [.. message.TorporOptions.Select(option => (int)option.Name)],
        };
    }

    /// <summary>MAX_ADDR_LEN.</summary>
    private const int LongestAddress = 32;

    /// <summary>The kind of Linux 2.0, still there.</summary>
    private const uint SOCK_PACKET = 10;

    private static PacketRing? ToRing(PacketRingInfo? ring) => ring is null ? null : new PacketRing
    {
        BlockSize = ring.BlockSize,
        BlockNr = ring.BlockCount,
        FrameSize = ring.FrameSize,
        FrameNr = ring.FrameCount,
        RetireTmo = ring.RetireTimeout,
        SizeofPriv = ring.PrivateSize,
        Features = ring.Features,
    };

    private static PacketRingInfo? FromRing(PacketRing? ring) =>
        ring is null ? null : new PacketRingInfo(ring.BlockSize, ring.BlockNr, ring.FrameSize, ring.FrameNr, ring.RetireTmo, ring.SizeofPriv, ring.Features);
}
