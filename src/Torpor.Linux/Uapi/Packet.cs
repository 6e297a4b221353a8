namespace Torpor.Linux.Uapi;

/// <summary>linux/if_packet.h and linux/packet_diag.h.</summary>
public static class Packet
{
    public const int PACKET_ADD_MEMBERSHIP = 1;
    public const int PACKET_RX_RING = 5;
    public const int PACKET_COPY_THRESH = 7;
    public const int PACKET_AUXDATA = 8;
    public const int PACKET_ORIGDEV = 9;
    public const int PACKET_VERSION = 10;
    public const int PACKET_RESERVE = 12;
    public const int PACKET_TX_RING = 13;
    public const int PACKET_LOSS = 14;
    public const int PACKET_VNET_HDR = 15;
    public const int PACKET_TIMESTAMP = 17;
    public const int PACKET_FANOUT = 18;
    public const int PACKET_TX_HAS_OFF = 19;
    public const int PACKET_QDISC_BYPASS = 20;
    public const int PACKET_IGNORE_OUTGOING = 23;

    public const uint PACKET_SHOW_INFO = 0x1;
    public const uint PACKET_SHOW_MCLIST = 0x2;
    public const uint PACKET_SHOW_RING_CFG = 0x4;
    public const uint PACKET_SHOW_FANOUT = 0x8;

    public const ushort PACKET_DIAG_INFO = 0;
    public const ushort PACKET_DIAG_MCLIST = 1;
    public const ushort PACKET_DIAG_RX_RING = 2;
    public const ushort PACKET_DIAG_TX_RING = 3;
    public const ushort PACKET_DIAG_FANOUT = 4;

    public const uint PDI_AUXDATA = 0x2;
    public const uint PDI_ORIGDEV = 0x4;
    public const uint PDI_VNETHDR = 0x8;
    public const uint PDI_LOSS = 0x10;
}
