using Torpor.Linux;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.InetSocket;

/// <summary>
/// Options of IP, TCP and UDP. A connection inherits those of the socket that listens, so they count even where there is no
/// connection. What differs from a fresh socket of the same kind is what the process has set.
/// </summary>
internal static class InetSocketOptions
{
    private const int SO_INCOMING_CPU = 49;
    private const int IPV6_RECVTCLASS = 66;
    private const int IPV6_RECVHOPLIMIT = 51;

    /// <summary>Room for the longest, the name of a congestion control.</summary>
    private const int LongestValue = 16;

    private static readonly (int Level, int Name)[] s_all =
    [
        (SOL_SOCKET, SO_TIMESTAMP), (SOL_SOCKET, SO_TIMESTAMPNS), (SOL_SOCKET, SO_RXQ_OVFL), (SOL_SOCKET, SO_BUSY_POLL), (SOL_SOCKET, SO_ZEROCOPY),
        (IPPROTO_IP, IP_TOS), (IPPROTO_IP, IP_TTL), (IPPROTO_IP, IP_PKTINFO), (IPPROTO_IP, IP_MTU_DISCOVER), (IPPROTO_IP, IP_RECVERR),
        (IPPROTO_IP, IP_RECVTTL), (IPPROTO_IP, IP_RECVTOS), (IPPROTO_IP, IP_FREEBIND), (IPPROTO_IP, IP_TRANSPARENT),
        (IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT), (IPPROTO_IP, IP_MULTICAST_TTL), (IPPROTO_IP, IP_MULTICAST_LOOP),
        (IPPROTO_IPV6, IPV6_UNICAST_HOPS), (IPPROTO_IPV6, IPV6_MULTICAST_HOPS), (IPPROTO_IPV6, IPV6_MULTICAST_LOOP), (IPPROTO_IPV6, IPV6_MTU_DISCOVER),
        (IPPROTO_IPV6, IPV6_RECVERR), (IPPROTO_IPV6, IPV6_RECVPKTINFO), (IPPROTO_IPV6, IPV6_RECVTCLASS), (IPPROTO_IPV6, IPV6_RECVHOPLIMIT),
        (IPPROTO_IPV6, IPV6_TCLASS), (IPPROTO_IPV6, IPV6_FREEBIND),
        (IPPROTO_TCP, TCP_NODELAY), (IPPROTO_TCP, TCP_CORK), (IPPROTO_TCP, TCP_KEEPIDLE), (IPPROTO_TCP, TCP_KEEPINTVL), (IPPROTO_TCP, TCP_KEEPCNT),
        (IPPROTO_TCP, TCP_SYNCNT), (IPPROTO_TCP, TCP_LINGER2), (IPPROTO_TCP, TCP_DEFER_ACCEPT), (IPPROTO_TCP, TCP_WINDOW_CLAMP),
        (IPPROTO_TCP, TCP_CONGESTION), (IPPROTO_TCP, TCP_USER_TIMEOUT), (IPPROTO_TCP, TCP_FASTOPEN), (IPPROTO_TCP, TCP_NOTSENT_LOWAT),
        (IPPROTO_TCP, TCP_MAXSEG),
        (IPPROTO_UDP, UDP_SEGMENT), (IPPROTO_UDP, UDP_GRO),
    ];

    /// <param name="socket">The socket.</param>
    /// <param name="identity">Of what kind it is.</param>
    /// <param name="isConnection">It is or was a connection of TCP, whose segment size and window clamp are what was negotiated.</param>
    public static IReadOnlyList<SocketOption> Capture(Fd socket, SocketIdentity identity, bool isConnection)
    {
        using Fd fresh = SocketCalls.Open(identity.Family, identity.Type, identity.Protocol);
        var options = new List<SocketOption>();
        byte[] value = new byte[LongestValue];
        byte[] usual = new byte[LongestValue];
        foreach ((int level, int name) in s_all)
        {
            if (level == IPPROTO_IPV6 && identity.Family != AF_INET6)
                continue;
            // The kernel sets them from the first packet of a connection, and lets nobody else set them on a stream.
            if (identity.Type == SOCK_STREAM && (level, name) is (IPPROTO_IP, IP_MULTICAST_TTL) or (IPPROTO_IPV6, IPV6_MULTICAST_HOPS))
                continue;
            if (isConnection && level == IPPROTO_TCP && name is TCP_MAXSEG or TCP_WINDOW_CLAMP)
                continue;
            if (TryGet(socket, level, name, value, out int length) && TryGet(fresh, level, name, usual, out int usualLength)
                && !value.AsSpan(0, length).SequenceEqual(usual.AsSpan(0, usualLength)))
                options.Add(new SocketOption(level, name, value[..length]));
        }
        return options;
    }

    private static bool TryGet(Fd socket, int level, int name, byte[] buffer, out int length)
    {
        Array.Clear(buffer);
        uint size = name == TCP_CONGESTION && level == IPPROTO_TCP ? (uint)buffer.Length : sizeof(int);
        SyscallResult result = Syscall.Invoke(SyscallNumber.getsockopt, socket, level, name, buffer, SyscallArgument.Of(ref size));
        length = (int)Math.Min(size, (uint)buffer.Length);
        return !result.IsError;
    }
}
