using Torpor.Linux.Uapi;

namespace Torpor.Linux;

/// <summary>A message that waits in a socket's receive queue.</summary>
/// <param name="Data">The bytes.</param>
/// <param name="Sender">Where it comes from; null on a connected socket of the Unix family.</param>
/// <param name="Flags">MSG_EOR, MSG_CTRUNC and so on.</param>
/// <param name="Control">The control messages as the kernel gives them, with the numbers of <paramref name="Descriptors"/> in SCM_RIGHTS.</param>
/// <param name="Descriptors">Duplicates of the descriptors that travel with it, owned by this record.</param>
/// <param name="Credentials">Who sent it, where the socket asks for that (SO_PASSCRED).</param>
public sealed record QueuedMessage(
    byte[] Data, SocketName? Sender, int Flags, byte[] Control, IReadOnlyList<Fd> Descriptors, SenderCredentials? Credentials = null) : IDisposable
{
    public void Dispose()
    {
        foreach (Fd fd in Descriptors)
            fd.Dispose();
    }
}

/// <content>Reading a queue and leaving it as it is.</content>
public static partial class SocketCalls
{
    /// <summary>SCM_MAX_FD descriptors and the credentials of the sender, with some to spare.</summary>
    private const int MaximumControl = 4096;

    /// <summary>
    /// Reads the start of a stream's receive queue and leaves it there; returns the number of bytes, zero when the queue is empty
    /// or the peer has closed. SIOCINQ tells how long the queue is. Descriptors in the queue end the read behind
    /// their message; they are not fetched.
    /// </summary>
    public static int PeekStream(Fd socket, Span<byte> buffer)
    {
        const int Flags = Socket.MSG_PEEK | Socket.MSG_DONTWAIT;
        SyscallResult result = Syscall.InvokeRestarting(SyscallNumber.recvfrom, socket, buffer, buffer.Length, Flags);
        return result.Errno == Errno.EAGAIN ? 0 : (int)result.OrThrow($"peek {socket}");
    }

    /// <summary>
    /// The messages in the receive queue of a datagram or seqpacket socket, which stay there. SO_PEEK_OFF is moved meanwhile and put back.
    /// A message of no bytes that was peeked at before is not seen: the kernel passes over it.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="limit">The most bytes to accept in all; EMSGSIZE beyond.</param>
    public static IReadOnlyList<QueuedMessage> PeekMessages(Fd socket, int limit = 1 << 26)
    {
        int before = GetOption(socket, Socket.SOL_SOCKET, Socket.SO_PEEK_OFF);
        bool sequence = GetOption(socket, Socket.SOL_SOCKET, Socket.SO_TYPE) == Socket.SOCK_SEQPACKET;
        var messages = new List<QueuedMessage>();
        bool complete = false;
        SetOption(socket, Socket.SOL_SOCKET, Socket.SO_PEEK_OFF, 0);
        try
        {
            int total = 0;
            while (PeekMessage(socket, total, limit) is { } message)
            {
                // A seqpacket socket shows its end as a message of no bytes, again and again.
                if (sequence && message.Data.Length == 0 && message.Control.Length == 0 && IsAtEnd(socket))
                    break;
                messages.Add(message);
                total += message.Data.Length;
                if (total > limit || messages.Count > limit)
                    throw new LinuxException($"peek {socket}: {total} bytes queued", Errno.EMSGSIZE);
            }
            complete = true;
            return messages;
        }
        finally
        {
            SetOption(socket, Socket.SOL_SOCKET, Socket.SO_PEEK_OFF, before);
            if (!complete)
                messages.ForEach(message => message.Dispose());
        }
    }

    private static QueuedMessage? PeekMessage(Fd socket, int offset, int limit, int room = 65536)
    {
        const int Flags = Socket.MSG_PEEK | Socket.MSG_DONTWAIT | Socket.MSG_TRUNC | Socket.MSG_CMSG_CLOEXEC;
        byte[] data = new byte[room];
        byte[] name = new byte[MaximumName];
        byte[] control = new byte[MaximumControl];
        while (true)
        {
            ReceivedMessage received = Receive(socket, data, name, control, Flags);
            if (received.Result.Errno == Errno.EAGAIN)
                return null;
            int length = (int)received.Result.OrThrow($"peek {socket}");
            ControlMessages messages = ControlMessages.Parse(control.AsSpan(0, received.ControlLength));
            Close(messages.Extra);
            if (length <= data.Length)
            {
                return new QueuedMessage(
                    data[..length],
                    received.NameLength > 0 ? SocketName.Parse(name.AsSpan(0, received.NameLength)) : null,
                    received.Flags & ~Socket.MSG_TRUNC,
                    control[..received.ControlLength],
                    messages.Rights,
                    messages.Credentials);
            }
            Close(messages.Rights);
            if (length > limit)
                throw new LinuxException($"peek {socket}: a message of {length} bytes", Errno.EMSGSIZE);
            data = new byte[length];
            SetOption(socket, Socket.SOL_SOCKET, Socket.SO_PEEK_OFF, offset);
        }
    }

    private static void Close(IReadOnlyList<Fd> descriptors)
    {
        foreach (Fd fd in descriptors)
            fd.Dispose();
    }

    private static bool IsAtEnd(Fd socket) => (FileCalls.Poll(socket, Poll.POLLRDHUP) & Poll.POLLRDHUP) != 0;
}
