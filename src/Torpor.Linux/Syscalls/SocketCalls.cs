using System.Runtime.InteropServices;
using Torpor.Linux.Uapi;

namespace Torpor.Linux;

/// <summary>Sockets of this process, own ones or duplicates of a target's. See socket(7).</summary>
public static partial class SocketCalls
{
    /// <summary>The size of <c>struct sockaddr_storage</c>.</summary>
    private const int MaximumName = 128;

    /// <summary>Makes a socket, closing on exec. See socket(2).</summary>
    public static Fd Open(int family, int type, int protocol = 0) =>
        new((int)Syscall.Invoke(SyscallNumber.socket, family, type | Socket.SOCK_CLOEXEC, protocol).OrThrow($"socket {family} {type}"));

    /// <summary>Makes a pair of connected sockets, closing on exec. See socketpair(2).</summary>
    public static (Fd First, Fd Second) OpenPair(int family, int type, int protocol = 0)
    {
        Span<int> pair = stackalloc int[2];
        Syscall.Invoke(SyscallNumber.socketpair, family, type | Socket.SOCK_CLOEXEC, protocol, MemoryMarshal.AsBytes(pair))
            .OrThrow($"socketpair {family} {type}");
        return (new Fd(pair[0]), new Fd(pair[1]));
    }

    /// <summary>An option that is an int. See getsockopt(2).</summary>
    public static int GetOption(Fd socket, int level, int option) =>
        TryGetOption(socket, level, option, out int value, out Errno errno)
            ? value
            : throw new LinuxException($"getsockopt {level} {option} {socket}", errno);

    /// <summary>An option that is an int, or false with the error: ENOPROTOOPT or EOPNOTSUPP where the socket does not have it.</summary>
    public static bool TryGetOption(Fd socket, int level, int option, out int value, out Errno errno)
    {
        int result = 0;
        uint length = sizeof(int);
        SyscallResult outcome = Syscall.Invoke(
            SyscallNumber.getsockopt, socket, level, option, SyscallArgument.Of(ref result), SyscallArgument.Of(ref length));
        value = result;
        errno = outcome.Errno;
        return !outcome.IsError;
    }

    /// <summary>An option of any form; the result is as long as the kernel says, at most the buffer.</summary>
    public static ReadOnlySpan<byte> GetOption(Fd socket, int level, int option, Span<byte> buffer)
    {
        uint length = (uint)buffer.Length;
        Syscall.Invoke(SyscallNumber.getsockopt, socket, level, option, buffer, SyscallArgument.Of(ref length))
            .OrThrow($"getsockopt {level} {option} {socket}");
        return buffer[..(int)Math.Min(length, (uint)buffer.Length)];
    }

    /// <summary>Sets an option that is an int. See setsockopt(2).</summary>
    public static void SetOption(Fd socket, int level, int option, int value) =>
        SetOption(socket, level, option, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    /// <summary>Sets an option of any form.</summary>
    public static void SetOption(Fd socket, int level, int option, ReadOnlySpan<byte> value) =>
        Syscall.Invoke(SyscallNumber.setsockopt, socket, level, option, value, value.Length).OrThrow($"setsockopt {level} {option} {socket}");

    /// <summary>The socket's own address as a <c>struct sockaddr</c> with its real length. See getsockname(2).</summary>
    public static byte[] GetRawName(Fd socket) => Name(SyscallNumber.getsockname, socket);

    /// <summary>The peer's address; ENOTCONN when there is none. See getpeername(2).</summary>
    public static byte[] GetRawPeerName(Fd socket) => Name(SyscallNumber.getpeername, socket);

    /// <summary>The socket's own address.</summary>
    public static SocketName GetName(Fd socket) => SocketName.Parse(GetRawName(socket));

    /// <summary>The peer's address; null when there is none.</summary>
    public static SocketName? GetPeerName(Fd socket)
    {
        try
        {
            return SocketName.Parse(GetRawPeerName(socket));
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOTCONN)
        {
            return null;
        }
    }

    private static byte[] Name(SyscallNumber number, Fd socket)
    {
        byte[] name = new byte[MaximumName];
        uint length = MaximumName;
        Syscall.Invoke(number, socket, name, SyscallArgument.Of(ref length)).OrThrow($"{number} {socket}");
        return name[..(int)Math.Min(length, MaximumName)];
    }

    /// <summary>Binds to a <c>struct sockaddr</c>. See bind(2).</summary>
    public static void Bind(Fd socket, ReadOnlySpan<byte> name) =>
        Syscall.Invoke(SyscallNumber.bind, socket, name, name.Length).OrThrow($"bind {socket} to {SocketName.Parse(name)}");

    /// <summary>Connects to a <c>struct sockaddr</c>. See connect(2).</summary>
    public static void Connect(Fd socket, ReadOnlySpan<byte> name) =>
        Syscall.Invoke(SyscallNumber.connect, socket, name, name.Length).OrThrow($"connect {socket} to {SocketName.Parse(name)}");

    /// <summary>See listen(2).</summary>
    public static void Listen(Fd socket, int backlog) => Syscall.Invoke(SyscallNumber.listen, socket.Value, backlog).OrThrow($"listen {socket}");

    /// <summary>The next connection, closing on exec; EAGAIN when there is none on a non-blocking socket. See accept(2).</summary>
    public static Fd Accept(Fd socket) =>
        new((int)Syscall.InvokeRestarting(SyscallNumber.accept4, socket, 0, 0, Socket.SOCK_CLOEXEC).OrThrow($"accept {socket}"));

    /// <summary>Sends a message; returns the number of bytes. See send(2).</summary>
    public static int Send(Fd socket, ReadOnlySpan<byte> message, int flags = Socket.MSG_NOSIGNAL) =>
        (int)Syscall.InvokeRestarting(SyscallNumber.sendto, socket, message, message.Length, flags).OrThrow($"send {socket}");
}
