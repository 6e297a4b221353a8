using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Torpor.Linux.Uapi;
using static Torpor.Linux.Uapi.SockDiagNumbers;

namespace Torpor.Linux;

/// <summary>Reads the answers of sock_diag.</summary>
internal static partial class SockDiagParser
{
    public static UnixSocketInfo Unix(ReadOnlySpan<byte> payload)
    {
        UnixDiagMsg message = Read<UnixDiagMsg>(payload, out ReadOnlySpan<byte> attributes);
        var info = new UnixSocketInfo(message.udiag_type, message.udiag_state, message.udiag_ino, null, null, null, null, 0, 0, [], 0);
        while (NextAttribute(ref attributes, out ushort type, out ReadOnlySpan<byte> value))
        {
            info = type switch
            {
                UNIX_DIAG_NAME => info with { Name = UnixSocketName.FromPath(value) },
                UNIX_DIAG_VFS when value.Length >= 8 => info with { VfsInode = Word(value), VfsDevice = DeviceId.FromKernel(Word(value[4..])) },
                UNIX_DIAG_PEER when value.Length >= 4 => info with { PeerInode = Word(value) },
                UNIX_DIAG_ICONS => info with { Pending = MemoryMarshal.Cast<byte, uint>(value).ToArray() },
                UNIX_DIAG_RQLEN when value.Length >= 8 => info with { ReceiveQueue = Word(value), SendQueue = Word(value[4..]) },
                UNIX_DIAG_SHUTDOWN when value.Length >= 1 => info with { Shutdown = value[0] },
                _ => info,
            };
        }
        return info;
    }

    public static InetSocketInfo Inet(ReadOnlySpan<byte> payload, int protocol)
    {
        InetDiagMsg message = Read<InetDiagMsg>(payload, out ReadOnlySpan<byte> attributes);
        var info = new InetSocketInfo(
            message.idiag_family,
            protocol,
            message.idiag_state,
            message.idiag_inode,
            Name(message.idiag_family, message.id.idiag_src, message.id.idiag_sport),
            Name(message.idiag_family, message.id.idiag_dst, message.id.idiag_dport),
            message.id.idiag_if,
            message.idiag_rqueue,
            message.idiag_wqueue,
            message.idiag_uid,
            0,
            null);
        while (NextAttribute(ref attributes, out ushort type, out ReadOnlySpan<byte> value))
        {
            info = type switch
            {
                INET_DIAG_SHUTDOWN when value.Length >= 1 => info with { Shutdown = value[0] },
                INET_DIAG_SKV6ONLY when value.Length >= 1 => info with { V6Only = value[0] != 0 },
                _ => info,
            };
        }
        return info;
    }

    private static T Read<T>(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> attributes) where T : unmanaged
    {
        int size = Marshal.SizeOf<T>();
        if (payload.Length < size)
            throw new LinuxException($"receive from sock_diag: an answer of {payload.Length} bytes", Errno.EBADMSG);
        attributes = payload[size..];
        return MemoryMarshal.Read<T>(payload);
    }

    /// <summary>struct nlattr: u16 nla_len with the header, u16 nla_type; each one aligned to 4 bytes.</summary>
    private static bool NextAttribute(ref ReadOnlySpan<byte> attributes, out ushort type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if (attributes.Length < 4)
            return false;
        int length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
        if (length < 4 || length > attributes.Length)
            throw new LinuxException("receive from sock_diag: an attribute's length", Errno.EBADMSG);
        type = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) & 0x3fff);
        value = attributes[4..length];
        attributes = attributes[Math.Min((length + 3) & ~3, attributes.Length)..];
        return true;
    }

    private static uint Word(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadUInt32LittleEndian(value);

    private static InetSocketName Name(int family, UInt128Bytes address, ushort port)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128Bytes>(in address));
        int length = family == Socket.AF_INET ? 4 : 16;
        return new InetSocketName(family, new IPAddress(bytes[..length]), BinaryPrimitives.ReverseEndianness(port), 0, 0);
    }
}
