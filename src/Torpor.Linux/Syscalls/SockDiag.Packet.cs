using System.Buffers.Binary;
using static Torpor.Linux.Uapi.Packet;
using static Torpor.Linux.Uapi.SockDiagNumbers;

namespace Torpor.Linux;

/// <summary>A packet socket as sock_diag(7) tells it, see packet(7).</summary>
/// <param name="Type">SOCK_RAW, SOCK_DGRAM or SOCK_PACKET.</param>
/// <param name="Protocol">The Ethernet protocol it receives, in the host's order; zero for none.</param>
/// <param name="Inode">As in <c>socket:[inode]</c>.</param>
/// <param name="Interface">The index of the interface it is bound to; zero for all.</param>
/// <param name="Version">TPACKET_V*, from zero.</param>
/// <param name="Reserve">Bytes before each packet of a ring.</param>
/// <param name="CopyThreshold">PACKET_COPY_THRESH.</param>
/// <param name="Timestamp">PACKET_TIMESTAMP.</param>
/// <param name="Flags">PDI_*.</param>
/// <param name="Memberships">What it made interfaces receive.</param>
/// <param name="ReceiveRing">Null without one.</param>
/// <param name="TransmitRing">Null without one.</param>
/// <param name="Fanout">Group, and kind above 16 bits; null outside of any.</param>
public sealed record PacketSocketInfo(
    int Type,
    int Protocol,
    ulong Inode,
    uint Interface,
    uint Version,
    uint Reserve,
    uint CopyThreshold,
    uint Timestamp,
    uint Flags,
    IReadOnlyList<PacketMembership> Memberships,
    PacketRingInfo? ReceiveRing,
    PacketRingInfo? TransmitRing,
    uint? Fanout);

/// <summary>See PACKET_ADD_MEMBERSHIP in packet(7).</summary>
public sealed record PacketMembership(uint Interface, uint Count, ushort Type, byte[] Address);

/// <summary>See PACKET_RX_RING in packet(7); the last three are of TPACKET_V3.</summary>
public sealed record PacketRingInfo(uint BlockSize, uint BlockCount, uint FrameSize, uint FrameCount, uint RetireTimeout, uint PrivateSize, uint Features);

/// <content>Packet sockets.</content>
public sealed partial class SockDiag
{
    /// <summary>All packet sockets. ENOENT where the kernel lacks packet_diag.</summary>
    public IReadOnlyList<PacketSocketInfo> ListPackets()
    {
        // struct packet_diag_req: u8 family, u8 protocol, u16 pad, u32 inode, u32 show, u32 cookie[2].
        byte[] request = new byte[20];
        request[0] = Uapi.Socket.AF_PACKET;
        BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(8), PACKET_SHOW_INFO | PACKET_SHOW_MCLIST | PACKET_SHOW_RING_CFG | PACKET_SHOW_FANOUT);
        BinaryPrimitives.WriteUInt64LittleEndian(request.AsSpan(12), ulong.MaxValue);
        return List("packet", request, SockDiagParser.Packet);
    }
}
