using System.Buffers.Binary;
using System.Net;
using Torpor.Linux;
using static Torpor.Linux.Uapi.Poll;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.InetSocket;

/// <summary>What a TCP socket of the target is, as a duplicate of its descriptor tells.</summary>
internal sealed record TcpConnection(OpenDescription Description, int State, InetSocketName Local, InetSocketName? Remote)
{
    /// <summary>Offsets in <c>struct tcp_info</c>: for a listening socket the second and third are the connections that wait, and the backlog.</summary>
    private const int InfoState = 0;
    private const int InfoUnacknowledged = 24;
    private const int InfoSelectivelyAcknowledged = 28;
    private const int InfoSegmentsOut = 136;
    private const int InfoSegmentsIn = 140;
    private const int InfoSize = 256;

    /// <summary>It was a connection, which both sides have ended: reading gives what is left, and then the end.</summary>
    public bool HasEnded { get; private init; }

    /// <summary>The process has yet to be told why it ended.</summary>
    public bool HasError { get; private init; }

    /// <summary>Receiving was shut down by the process itself.</summary>
    public bool IsDeaf { get; private init; }

    /// <summary>Bytes that urgent data is among.</summary>
    public bool HasUrgentData { get; private init; }

    /// <summary>Of a listener: connections that wait to be accepted.</summary>
    public uint Waiting { get; private init; }

    public int Backlog { get; private init; }

    public static TcpConnection Read(OpenDescription description, Fd duplicate)
    {
        byte[] info = new byte[InfoSize];
        SocketCalls.GetOption(duplicate, IPPROTO_TCP, TCP_INFO, info);
        int state = info[InfoState];
        bool used = Word(info, InfoSegmentsOut) != 0 || Word(info, InfoSegmentsIn) != 0;
        int events = state == TCP_LISTEN ? 0 : FileCalls.Poll(duplicate, POLLRDHUP | POLLPRI);
        bool hangsUp = (events & POLLRDHUP) != 0;
        return new TcpConnection(description, state, (InetSocketName)SocketCalls.GetName(duplicate), SocketCalls.GetPeerName(duplicate) as InetSocketName)
        {
            // A socket that never was connected, or was disconnected, has nothing shut down.
            HasEnded = state == TCP_CLOSE && used && hangsUp,
            HasError = (events & POLLERR) != 0,
            HasUrgentData = (events & POLLPRI) != 0,
            IsDeaf = hangsUp && state is (TCP_ESTABLISHED or TCP_FIN_WAIT1 or TCP_FIN_WAIT2),
            Waiting = state == TCP_LISTEN ? Word(info, InfoUnacknowledged) : 0,
            Backlog = state == TCP_LISTEN ? (int)Word(info, InfoSelectivelyAcknowledged) : 0,
        };
    }

    /// <summary>It has a peer, or had one.</summary>
    public bool IsConnection => HasEnded || State is not (TCP_CLOSE or TCP_LISTEN);

    /// <summary>The process has ended its direction of the connection.</summary>
    public static bool HasSentEnd(int state) => state is TCP_FIN_WAIT1 or TCP_FIN_WAIT2 or TCP_CLOSING or TCP_LAST_ACK;

    /// <summary>The peer has ended its direction of the connection.</summary>
    public static bool HasReceivedEnd(int state) => state is TCP_CLOSE_WAIT or TCP_CLOSING or TCP_LAST_ACK;

    /// <summary>Both addresses and ports; equal to the other end's <see cref="Mirrored"/>. An IPv4 peer of an IPv6 socket has a mapped address.</summary>
    public (IPAddress, int, IPAddress, int) Path => (Plain(Local.Address), Local.Port, Plain(Remote!.Address), Remote.Port);

    public (IPAddress, int, IPAddress, int) Mirrored => (Plain(Remote!.Address), Remote.Port, Plain(Local.Address), Local.Port);

    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static uint Word(byte[] info, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(offset));
}
