using System.Buffers.Binary;
using static Torpor.Linux.Uapi.Packet;

namespace Torpor.Linux;

/// <content>struct packet_diag_msg and its attributes, linux/packet_diag.h.</content>
internal static partial class SockDiagParser
{
    private const int PacketMessageSize = 16;
    private const int PacketInfoSize = 24;
    private const int PacketRingSize = 28;

    /// <summary>struct packet_diag_mclist: u32 index, u32 count, u16 type, u16 length, u8 address[32].</summary>
    private const int PacketMembershipSize = 44;

    public static PacketSocketInfo Packet(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < PacketMessageSize)
            throw new LinuxException($"receive from sock_diag: an answer of {payload.Length} bytes", Errno.EBADMSG);
        // u8 family, u8 type, u16 protocol, u32 inode, u32 cookie[2].
        var info = new PacketSocketInfo(
            payload[1], BinaryPrimitives.ReadUInt16LittleEndian(payload[2..]), Word(payload[4..]), 0, 0, 0, 0, 0, 0, [], null, null, null);
        ReadOnlySpan<byte> attributes = payload[PacketMessageSize..];
        while (NextAttribute(ref attributes, out ushort type, out ReadOnlySpan<byte> value))
        {
            info = type switch
            {
                PACKET_DIAG_INFO when value.Length >= PacketInfoSize => info with
                {
                    Interface = Word(value),
                    Version = Word(value[4..]),
                    Reserve = Word(value[8..]),
                    CopyThreshold = Word(value[12..]),
                    Timestamp = Word(value[16..]),
                    Flags = Word(value[20..]),
                },
                PACKET_DIAG_MCLIST => info with { Memberships = Memberships(value) },
                PACKET_DIAG_RX_RING when value.Length >= PacketRingSize => info with { ReceiveRing = Ring(value) },
                PACKET_DIAG_TX_RING when value.Length >= PacketRingSize => info with { TransmitRing = Ring(value) },
                PACKET_DIAG_FANOUT when value.Length >= 4 && Word(value) != 0 => info with { Fanout = Word(value) },
                _ => info,
            };
        }
        return info;
    }

    private static List<PacketMembership> Memberships(ReadOnlySpan<byte> value)
    {
        var found = new List<PacketMembership>();
        for (; value.Length >= PacketMembershipSize; value = value[PacketMembershipSize..])
        {
            int length = Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(value[10..]), 32);
            found.Add(new PacketMembership(Word(value), Word(value[4..]), BinaryPrimitives.ReadUInt16LittleEndian(value[8..]), value.Slice(12, length).ToArray()));
        }
        return found;
    }

    private static PacketRingInfo Ring(ReadOnlySpan<byte> value) =>
        new(Word(value), Word(value[4..]), Word(value[8..]), Word(value[12..]), Word(value[16..]), Word(value[20..]), Word(value[24..]));
}
