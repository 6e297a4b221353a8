namespace Torpor.Linux.Uapi;

/// <summary>Protocols and options of linux/netlink.h.</summary>
public static class Netlink
{
    public const int SOL_NETLINK = 270;

    public const int NETLINK_ROUTE = 0;
    public const int NETLINK_NETFILTER = 12;
    public const int NETLINK_KOBJECT_UEVENT = 15;
    public const int NETLINK_GENERIC = 16;

    public const int NETLINK_ADD_MEMBERSHIP = 1;
    public const int NETLINK_PKTINFO = 3;
    public const int NETLINK_BROADCAST_ERROR = 4;
    public const int NETLINK_NO_ENOBUFS = 5;
    public const int NETLINK_LISTEN_ALL_NSID = 8;
    public const int NETLINK_LIST_MEMBERSHIPS = 9;
    public const int NETLINK_CAP_ACK = 10;
    public const int NETLINK_EXT_ACK = 11;
    public const int NETLINK_GET_STRICT_CHK = 12;
}
