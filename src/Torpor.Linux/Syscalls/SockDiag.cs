using System.Runtime.InteropServices;
using Torpor.Linux.Uapi;
using static Torpor.Linux.Uapi.SockDiagNumbers;

namespace Torpor.Linux;

/// <summary>A Unix socket as sock_diag(7) tells it.</summary>
/// <param name="Type">SOCK_*.</param>
/// <param name="State">TCP_ESTABLISHED, TCP_LISTEN, or TCP_CLOSE for an unconnected one.</param>
/// <param name="Inode">Of the socket, as in <c>socket:[inode]</c>; zero for one that waits to be accepted.</param>
/// <param name="PeerInode">Of the connected peer; zero for one that waits to be accepted; null without a peer.</param>
/// <param name="Name">The name it is bound to; null when it is bound to none.</param>
/// <param name="VfsInode">The inode of its file, with <paramref name="VfsDevice"/>; null when there is none.</param>
/// <param name="VfsDevice">The file's device.</param>
/// <param name="ReceiveQueue">Bytes to be read; for a listener, the connections that wait.</param>
/// <param name="SendQueue">Bytes sent and not read by the peer; for a listener, the backlog.</param>
/// <param name="Pending">For a listener: the inodes of the connecting sockets that wait, zero for those closed since.</param>
/// <param name="Shutdown">1 when receiving is shut down, 2 sending, 3 both.</param>
public sealed record UnixSocketInfo(
    int Type,
    int State,
    ulong Inode,
    ulong? PeerInode,
    UnixSocketName? Name,
    ulong? VfsInode,
    DeviceId? VfsDevice,
    uint ReceiveQueue,
    uint SendQueue,
    IReadOnlyList<uint> Pending,
    int Shutdown);

/// <summary>A TCP or UDP socket as sock_diag(7) tells it.</summary>
/// <param name="Family">AF_INET or AF_INET6.</param>
/// <param name="Protocol">IPPROTO_*.</param>
/// <param name="State">TCP_*; an unconnected UDP socket is in TCP_CLOSE.</param>
/// <param name="Inode">As in <c>socket:[inode]</c>; zero when no process holds it.</param>
/// <param name="Local">Its own address.</param>
/// <param name="Remote">The peer's address; port zero without a peer.</param>
/// <param name="Interface">The interface it is bound to; zero for any.</param>
/// <param name="ReceiveQueue">Bytes to be read; for a listener, the connections that wait.</param>
/// <param name="SendQueue">Bytes not acknowledged; for a listener, the backlog.</param>
/// <param name="Uid">The owner.</param>
/// <param name="Shutdown">1 when receiving is shut down, 2 sending, 3 both.</param>
/// <param name="V6Only">IPV6_V6ONLY; null when the kernel does not tell.</param>
public sealed record InetSocketInfo(
    int Family,
    int Protocol,
    int State,
    ulong Inode,
    InetSocketName Local,
    InetSocketName Remote,
    uint Interface,
    uint ReceiveQueue,
    uint SendQueue,
    uint Uid,
    int Shutdown,
    bool? V6Only);

/// <summary>
/// Asks the kernel about sockets of the network namespace in which it was opened. Needs no privilege. ENOENT where the kernel
/// lacks the diag module of a family. See sock_diag(7).
/// </summary>
public sealed partial class SockDiag : IDisposable
{
    private const int MaximumAttempts = 10;
    private const uint AllStates = 0xffffffff;
    private const uint ShowAll = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS | UDIAG_SHOW_RQLEN;

    private readonly Fd _socket;
    private uint _sequence;

    private SockDiag(Fd socket) => _socket = socket;

    /// <summary>Opens the way to the calling thread's network namespace.</summary>
    public static SockDiag Open() => new(SocketCalls.Open(Socket.AF_NETLINK, Socket.SOCK_RAW, NETLINK_SOCK_DIAG));

    public void Dispose() => _socket.Dispose();

    /// <summary>One Unix socket by its inode; null when this network namespace has none such, or the kernel no unix_diag.</summary>
    public UnixSocketInfo? FindUnix(ulong inode)
    {
        if (inode is 0 or > uint.MaxValue)
            return null;
        UnixSocketInfo? found = null;
        Errno errno = Ask(UnixRequest((uint)inode), 0, payload => found = SockDiagParser.Unix(payload));
        return errno is Errno.None or Errno.ENOENT ? found : throw new LinuxException($"sock_diag unix {inode}", errno);
    }

    /// <summary>All Unix sockets.</summary>
    public IReadOnlyList<UnixSocketInfo> ListUnix() =>
        List("unix", UnixRequest(0), SockDiagParser.Unix);

    /// <summary>All sockets of AF_INET or AF_INET6 and one protocol, IPPROTO_TCP, IPPROTO_UDP or IPPROTO_UDPLITE.</summary>
    public IReadOnlyList<InetSocketInfo> ListInet(int family, int protocol)
    {
        var request = new InetDiagReqV2
        {
            sdiag_family = (byte)family,
            sdiag_protocol = (byte)protocol,
            idiag_ext = 1 << (INET_DIAG_SHUTDOWN - 1),
            idiag_states = AllStates,
        };
        return List($"inet {family} {protocol}", MemoryMarshal.AsBytes([request]).ToArray(), payload => SockDiagParser.Inet(payload, protocol));
    }

    /// <summary>One socket by its inode; null when there is none. Lists all of its kind: to find many, call <see cref="ListInet"/> once.</summary>
    public InetSocketInfo? FindInet(int family, int protocol, ulong inode) =>
        ListInet(family, protocol).FirstOrDefault(socket => socket.Inode == inode && inode != 0);

    private static byte[] UnixRequest(uint inode)
    {
        var request = new UnixDiagReq
        {
            sdiag_family = Socket.AF_UNIX,
            udiag_states = AllStates,
            udiag_ino = inode,
            udiag_show = ShowAll,
            udiag_cookie_low = INET_DIAG_NOCOOKIE,
            udiag_cookie_high = INET_DIAG_NOCOOKIE,
        };
        return MemoryMarshal.AsBytes([request]).ToArray();
    }

    private delegate T PayloadParser<T>(ReadOnlySpan<byte> payload);

    private delegate void PayloadReader(ReadOnlySpan<byte> payload);

    private List<T> List<T>(string what, byte[] request, PayloadParser<T> parse)
    {
        for (int attempt = 0; ; attempt++)
        {
            var items = new List<T>();
            Errno errno = Ask(request, NLM_F_DUMP, payload => items.Add(parse(payload)));
            if (errno == Errno.None)
                return items;
            // The table changed while it was listed: the list may lack entries.
            if (errno != Errno.EAGAIN || attempt == MaximumAttempts)
                throw new LinuxException($"sock_diag {what}", errno);
        }
    }

    /// <summary>Sends a request and reads the answers up to the last. EAGAIN when the kernel says that they don't fit together.</summary>
    private Errno Ask(ReadOnlySpan<byte> request, ushort flags, PayloadReader read)
    {
        uint sequence = ++_sequence;
        int headerSize = Marshal.SizeOf<NlMsgHdr>();
        byte[] message = new byte[headerSize + request.Length];
        var header = new NlMsgHdr
        {
            nlmsg_len = (uint)message.Length,
            nlmsg_type = SOCK_DIAG_BY_FAMILY,
            nlmsg_flags = (ushort)(NLM_F_REQUEST | flags),
            nlmsg_seq = sequence,
        };
        MemoryMarshal.Write(message, in header);
        request.CopyTo(message.AsSpan(headerSize));
        SocketCalls.Send(_socket, message);

        byte[] buffer = new byte[65536];
        bool changed = false;
        while (true)
        {
            int length = (int)Syscall.InvokeRestarting(SyscallNumber.recvfrom, _socket, buffer, buffer.Length, Socket.MSG_TRUNC)
                .OrThrow("receive from sock_diag");
            if (length > buffer.Length)
                throw new LinuxException("receive from sock_diag", Errno.EMSGSIZE);
            if (ReadAnswers(buffer.AsSpan(0, length), sequence, flags != 0, ref changed, read) is { } errno)
                return changed && errno == Errno.None ? Errno.EAGAIN : errno;
        }
    }

    /// <summary>Null when more is to come.</summary>
    private static Errno? ReadAnswers(ReadOnlySpan<byte> bytes, uint sequence, bool dump, ref bool changed, PayloadReader read)
    {
        int headerSize = Marshal.SizeOf<NlMsgHdr>();
        while (bytes.Length >= headerSize)
        {
            NlMsgHdr header = MemoryMarshal.Read<NlMsgHdr>(bytes);
            if (header.nlmsg_len < headerSize || header.nlmsg_len > bytes.Length)
                throw new LinuxException("receive from sock_diag: a message's length", Errno.EBADMSG);
            ReadOnlySpan<byte> payload = bytes[headerSize..(int)header.nlmsg_len];
            bytes = bytes[Math.Min((int)((header.nlmsg_len + 3) & ~3u), bytes.Length)..];
            // Left over from a request that was given up.
            if (header.nlmsg_seq != sequence)
                continue;
            changed |= (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
            switch (header.nlmsg_type)
            {
                case NLMSG_DONE:
                case NLMSG_ERROR:
                    return payload.Length >= 4 ? (Errno)(-Math.Min(MemoryMarshal.Read<int>(payload), 0)) : Errno.None;
                case SOCK_DIAG_BY_FAMILY:
                    read(payload);
                    if (!dump)
                        return Errno.None;
                    break;
            }
        }
        return null;
    }
}
