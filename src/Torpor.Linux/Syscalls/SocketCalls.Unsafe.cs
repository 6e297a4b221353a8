using System.Runtime.InteropServices;

namespace Torpor.Linux;

/// <summary>The lengths and flags that recvmsg(2) gives back.</summary>
internal readonly record struct ReceivedMessage(SyscallResult Result, int NameLength, int ControlLength, int Flags);

/// <content>Structures with pointers.</content>
public static unsafe partial class SocketCalls
{
    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector
    {
        public void* iov_base;
        public nuint iov_len;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        public void* msg_name;
        public int msg_namelen;
        public IoVector* msg_iov;
        public nuint msg_iovlen;
        public void* msg_control;
        public nuint msg_controllen;
        public int msg_flags;
    }

    /// <summary>recvmsg(2) into three buffers.</summary>
    internal static ReceivedMessage Receive(Fd socket, Span<byte> data, Span<byte> name, Span<byte> control, int flags)
    {
        // Sound: all buffers are pinned and the header holds their true lengths.
        fixed (byte* dataStart = data, nameStart = name, controlStart = control)
        {
            var vector = new IoVector { iov_base = dataStart, iov_len = (nuint)data.Length };
            while (true)
            {
                var header = new MessageHeader
                {
                    msg_name = nameStart,
                    msg_namelen = name.Length,
                    msg_iov = &vector,
                    msg_iovlen = 1,
                    msg_control = controlStart,
                    msg_controllen = (nuint)control.Length,
                };
                SyscallResult result = Syscall.Invoke(SyscallNumber.recvmsg, socket.Value, (long)&header, flags);
                if (result.Errno != Errno.EINTR)
                    return new ReceivedMessage(result, Math.Min(header.msg_namelen, name.Length), (int)header.msg_controllen, header.msg_flags);
            }
        }
    }

    /// <summary>recvmsg(2) into a buffer that is followed by one byte which is nowhere: EFAULT, or what comes before the message that would reach it.</summary>
    internal static SyscallResult ReceiveIntoTheVoid(Fd socket, Span<byte> data, int flags)
    {
        // Sound: the buffer is pinned with its true length, and nothing is ever mapped at the second address.
        fixed (byte* dataStart = data)
        {
            IoVector* vectors = stackalloc IoVector[2];
            vectors[0] = new IoVector { iov_base = dataStart, iov_len = (nuint)data.Length };
            vectors[1] = new IoVector { iov_base = (void*)1, iov_len = 1 };
            var header = new MessageHeader { msg_iov = vectors, msg_iovlen = 2 };
            return Syscall.Invoke(SyscallNumber.recvmsg, socket.Value, (long)&header, flags);
        }
    }
}
