using Torpor.Linux.Uapi;

namespace Torpor.Linux;

/// <content>The queue of a Unix stream socket, in the pieces that a receiver can tell apart.</content>
public static partial class SocketCalls
{
    /// <summary>
    /// What is in the receive queue of a Unix stream socket, which stays there, in pieces: a piece ends where the sender changes (with
    /// SO_PASSCRED), and before and behind bytes that descriptors travel with. SO_PEEK_OFF is moved meanwhile and put back.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="length">The queue's length, from SIOCINQ.</param>
    public static IReadOnlyList<QueuedMessage> PeekSegments(Fd socket, int length)
    {
        int before = GetOption(socket, Socket.SOL_SOCKET, Socket.SO_PEEK_OFF);
        var segments = new List<QueuedMessage>();
        bool complete = false;
        try
        {
            for (int at = 0; at < length;)
            {
                if (PeekSegment(socket, at, length - at) is not { Data.Length: > 0 } segment)
                    break;
                if (segment.Descriptors.Count > 0 && StartOfRights(socket, at, segment.Data.Length) is > 0 and var start)
                {
                    // The bytes before are of other messages; the descriptors come with the first byte of their own.
                    segment.Dispose();
                    segment = segment with { Data = segment.Data[..start], Descriptors = [] };
                }
                segments.Add(segment);
                at += segment.Data.Length;
            }
            complete = true;
            return segments;
        }
        finally
        {
            SetOption(socket, Socket.SOL_SOCKET, Socket.SO_PEEK_OFF, before);
            if (!complete)
                segments.ForEach(segment => segment.Dispose());
        }
    }

    /// <summary>What is in the receive queue of a Unix socket of any type, in order.</summary>
    public static IReadOnlyList<QueuedMessage> PeekUnix(Fd socket) => GetOption(socket, Socket.SOL_SOCKET, Socket.SO_TYPE) == Socket.SOCK_STREAM
        ? PeekSegments(socket, FileCalls.BytesReadable(socket))
        : PeekMessages(socket);

    private static QueuedMessage? PeekSegment(Fd socket, int at, int length)
    {
        SetOption(socket, Socket.SOL_SOCKET, Socket.SO_PEEK_OFF, at);
        return PeekMessage(socket, at, length, length);
    }

    /// <summary>
    /// How many bytes of a piece come before those with its descriptors. Kernels differ in whether a peek that ends just there already
    /// brings them; but all copy a message as a whole or not at all, and stop before the first that does not fit into memory.
    /// </summary>
    private static int StartOfRights(Fd socket, int at, int length)
    {
        SetOption(socket, Socket.SOL_SOCKET, Socket.SO_PEEK_OFF, at);
        SyscallResult result = ReceiveIntoTheVoid(socket, new byte[length - 1], Socket.MSG_PEEK | Socket.MSG_DONTWAIT);
        return result.Errno == Errno.EFAULT ? 0 : (int)result.OrThrow($"peek {socket}");
    }
}
