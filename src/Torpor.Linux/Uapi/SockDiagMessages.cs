using System.Runtime.InteropServices;

namespace Torpor.Linux.Uapi;

/// <summary><c>struct nlmsghdr</c> of linux/netlink.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct NlMsgHdr
{
    public uint nlmsg_len;
    public ushort nlmsg_type;
    public ushort nlmsg_flags;
    public uint nlmsg_seq;
    public uint nlmsg_pid;
}

/// <summary><c>struct unix_diag_req</c> of linux/unix_diag.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct UnixDiagReq
{
    public byte sdiag_family;
    public byte sdiag_protocol;
    public ushort pad;
    public uint udiag_states;
    public uint udiag_ino;
    public uint udiag_show;
    public uint udiag_cookie_low;
    public uint udiag_cookie_high;
}

/// <summary><c>struct unix_diag_msg</c> of linux/unix_diag.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct UnixDiagMsg
{
    public byte udiag_family;
    public byte udiag_type;
    public byte udiag_state;
    public byte pad;
    public uint udiag_ino;
    public uint udiag_cookie_low;
    public uint udiag_cookie_high;
}

/// <summary><c>struct inet_diag_sockid</c> of linux/inet_diag.h; ports and addresses in network order.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct InetDiagSockId
{
    public ushort idiag_sport;
    public ushort idiag_dport;
    public UInt128Bytes idiag_src;
    public UInt128Bytes idiag_dst;
    public uint idiag_if;
    public uint idiag_cookie_low;
    public uint idiag_cookie_high;
}

/// <summary>Sixteen bytes of an address, aligned to four.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct UInt128Bytes
{
    public uint word0;
    public uint word1;
    public uint word2;
    public uint word3;
}

/// <summary><c>struct inet_diag_req_v2</c> of linux/inet_diag.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct InetDiagReqV2
{
    public byte sdiag_family;
    public byte sdiag_protocol;
    public byte idiag_ext;
    public byte pad;
    public uint idiag_states;
    public InetDiagSockId id;
}

/// <summary><c>struct inet_diag_msg</c> of linux/inet_diag.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct InetDiagMsg
{
    public byte idiag_family;
    public byte idiag_state;
    public byte idiag_timer;
    public byte idiag_retrans;
    public InetDiagSockId id;
    public uint idiag_expires;
    public uint idiag_rqueue;
    public uint idiag_wqueue;
    public uint idiag_uid;
    public uint idiag_inode;
}

/// <summary>Numbers of linux/netlink.h, linux/sock_diag.h, linux/unix_diag.h and linux/inet_diag.h.</summary>
public static class SockDiagNumbers
{
    public const int NETLINK_SOCK_DIAG = 4;

    public const ushort NLM_F_REQUEST = 0x1;
    public const ushort NLM_F_DUMP_INTR = 0x10;
    public const ushort NLM_F_DUMP = 0x300;
    public const ushort NLMSG_ERROR = 2;
    public const ushort NLMSG_DONE = 3;

    public const ushort SOCK_DIAG_BY_FAMILY = 20;
    public const uint INET_DIAG_NOCOOKIE = 0xffffffff;

    public const uint UDIAG_SHOW_NAME = 0x1;
    public const uint UDIAG_SHOW_VFS = 0x2;
    public const uint UDIAG_SHOW_PEER = 0x4;
    public const uint UDIAG_SHOW_ICONS = 0x8;
    public const uint UDIAG_SHOW_RQLEN = 0x10;

    public const ushort UNIX_DIAG_NAME = 0;
    public const ushort UNIX_DIAG_VFS = 1;
    public const ushort UNIX_DIAG_PEER = 2;
    public const ushort UNIX_DIAG_ICONS = 3;
    public const ushort UNIX_DIAG_RQLEN = 4;
    public const ushort UNIX_DIAG_SHUTDOWN = 6;

    public const ushort INET_DIAG_SHUTDOWN = 8;
    public const ushort INET_DIAG_SKV6ONLY = 11;
}
