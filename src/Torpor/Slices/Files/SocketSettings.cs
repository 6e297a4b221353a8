using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files;

/// <summary>The options that sockets of every family have, see socket(7): read into CRIU's message, and set on a fresh socket.</summary>
internal static class SocketSettings
{
    private const int SOCK_SNDBUF_LOCK = 1;
    private const int SOCK_RCVBUF_LOCK = 2;

    /// <summary>The size of <c>struct timeval</c>.</summary>
    private const int TimevalSize = 16;

    /// <summary>Reads them. False when the socket has what can't be captured, with the reason.</summary>
    public static bool TryCapture(Fd socket, out SkOptsEntry settings, out string reason)
    {
        Span<byte> send = stackalloc byte[TimevalSize];
        Span<byte> receive = stackalloc byte[TimevalSize];
        SocketCalls.GetOption(socket, SOL_SOCKET, SO_SNDTIMEO, send);
        SocketCalls.GetOption(socket, SOL_SOCKET, SO_RCVTIMEO, receive);
        settings = new SkOptsEntry
        {
            SoSndbuf = (uint)Get(socket, SO_SNDBUF),
            SoRcvbuf = (uint)Get(socket, SO_RCVBUF),
            SoSndTmoSec = BitConverter.ToUInt64(send),
            SoSndTmoUsec = BitConverter.ToUInt64(send[8..]),
            SoRcvTmoSec = BitConverter.ToUInt64(receive),
            SoRcvTmoUsec = BitConverter.ToUInt64(receive[8..]),
            Reuseaddr = Get(socket, SO_REUSEADDR) != 0,
            SoReuseport = Get(socket, SO_REUSEPORT) != 0,
            SoPriority = (uint)Get(socket, SO_PRIORITY),
            SoRcvlowat = (uint)Get(socket, SO_RCVLOWAT),
            SoMark = (uint)Get(socket, SO_MARK),
            SoPasscred = Get(socket, SO_PASSCRED) != 0,
            SoPasssec = Get(socket, SO_PASSSEC) != 0,
            SoDontroute = Get(socket, SO_DONTROUTE) != 0,
            SoNoCheck = Get(socket, SO_NO_CHECK) != 0,
            SoBroadcast = Get(socket, SO_BROADCAST) != 0,
            SoKeepalive = Get(socket, SO_KEEPALIVE) != 0,
            SoOobinline = (uint)Get(socket, SO_OOBINLINE),
            // Without the option (before Linux 5.14) a size can't be told from the default.
            SoBufLock = (uint)Get(socket, SO_BUF_LOCK),
        };
        Span<byte> linger = stackalloc byte[8];
        SocketCalls.GetOption(socket, SOL_SOCKET, SO_LINGER, linger);
        if (BitConverter.ToInt32(linger) != 0)
            settings.SoLinger = (uint)BitConverter.ToInt32(linger[4..]);
        Span<byte> device = stackalloc byte[16];
        ReadOnlySpan<byte> bound = SocketCalls.GetOption(socket, SOL_SOCKET, SO_BINDTODEVICE, device);
        if (bound.IndexOf((byte)0) is var end and not 0 && !bound.IsEmpty)
            settings.SoBoundDev = PathText.Decode(end < 0 ? bound : bound[..end]);
        reason = "has a packet filter (SO_ATTACH_FILTER)";
        return !HasFilter(socket);
    }

    /// <summary>A length of zero asks only for the number of instructions.</summary>
    private static bool HasFilter(Fd socket)
    {
        uint length = 0;
        SyscallResult result = Syscall.Invoke(SyscallNumber.getsockopt, socket, SOL_SOCKET, SO_GET_FILTER, 0, SyscallArgument.Of(ref length));
        // EACCES is how the kernel answers for a filter of eBPF.
        return result.IsError ? result.Errno == Errno.EACCES : length != 0 || result.Raw > 0;
    }

    private static int Get(Fd socket, int option) => SocketCalls.TryGetOption(socket, SOL_SOCKET, option, out int value, out _) ? value : 0;

    /// <summary>Emits those that differ from a fresh socket's.</summary>
    public static void Compile(SyscallProgram program, SkOptsEntry? settings, int fd, string label)
    {
        if (settings is null)
            return;
        // The kernel doubles what it is given.
        if ((settings.SoBufLock & SOCK_SNDBUF_LOCK) != 0)
            Set(program, fd, SO_SNDBUF, (int)(settings.SoSndbuf / 2), label);
        if ((settings.SoBufLock & SOCK_RCVBUF_LOCK) != 0)
            Set(program, fd, SO_RCVBUF, (int)(settings.SoRcvbuf / 2), label);
        SetTime(program, fd, SO_SNDTIMEO, settings.SoSndTmoSec, settings.SoSndTmoUsec, label);
        SetTime(program, fd, SO_RCVTIMEO, settings.SoRcvTmoSec, settings.SoRcvTmoUsec, label);
        SetUnless(program, fd, SO_REUSEADDR, settings.Reuseaddr ? 1 : 0, 0, label);
        SetUnless(program, fd, SO_REUSEPORT, settings.SoReuseport ? 1 : 0, 0, label);
        SetUnless(program, fd, SO_PRIORITY, (int)settings.SoPriority, 0, label);
        SetUnless(program, fd, SO_RCVLOWAT, settings.HasSoRcvlowat ? (int)settings.SoRcvlowat : 1, 1, label);
        SetUnless(program, fd, SO_MARK, (int)settings.SoMark, 0, label);
        SetUnless(program, fd, SO_PASSCRED, settings.SoPasscred ? 1 : 0, 0, label);
        SetUnless(program, fd, SO_PASSSEC, settings.SoPasssec ? 1 : 0, 0, label);
        SetUnless(program, fd, SO_DONTROUTE, settings.SoDontroute ? 1 : 0, 0, label);
        SetUnless(program, fd, SO_NO_CHECK, settings.SoNoCheck ? 1 : 0, 0, label);
        SetUnless(program, fd, SO_BROADCAST, settings.SoBroadcast ? 1 : 0, 0, label);
        SetUnless(program, fd, SO_KEEPALIVE, settings.SoKeepalive ? 1 : 0, 0, label);
        SetUnless(program, fd, SO_OOBINLINE, (int)settings.SoOobinline, 0, label);
        if (settings.HasSoLinger)
        {
            Span<byte> linger = stackalloc byte[8];
            BitConverter.TryWriteBytes(linger, 1);
            BitConverter.TryWriteBytes(linger[4..], settings.SoLinger);
            Set(program, fd, SOL_SOCKET, SO_LINGER, linger, label);
        }
        if (settings.HasSoBoundDev && settings.SoBoundDev.Length > 0)
            Set(program, fd, SOL_SOCKET, SO_BINDTODEVICE, System.Text.Encoding.UTF8.GetBytes(settings.SoBoundDev), label);
    }

    private static void SetUnless(SyscallProgram program, int fd, int option, int value, int fresh, string label)
    {
        if (value != fresh)
            Set(program, fd, option, value, label);
    }

    private static void SetTime(SyscallProgram program, int fd, int option, ulong seconds, ulong microseconds, string label)
    {
        if (seconds == 0 && microseconds == 0)
            return;
        Span<byte> time = stackalloc byte[TimevalSize];
        BitConverter.TryWriteBytes(time, seconds);
        BitConverter.TryWriteBytes(time[8..], microseconds);
        Set(program, fd, SOL_SOCKET, option, time, label);
    }

    public static void Set(SyscallProgram program, int fd, int option, int value, string label) =>
        Set(program, fd, SOL_SOCKET, option, BitConverter.GetBytes(value), label);

    /// <summary>Emits one option of any level.</summary>
    public static void Set(SyscallProgram program, int fd, int level, int option, ReadOnlySpan<byte> value, string label) =>
        program.Call($"set socket option {level}:{option} of {label}", SyscallNumber.setsockopt, fd, level, option, program.Data(value), value.Length);
}
