using System.Buffers.Binary;
using Torpor.Linux.Uapi;

namespace Torpor.Linux;

/// <summary>Who sent a message, see SCM_CREDENTIALS in unix(7).</summary>
/// <param name="Pid">As seen from the receiver's pid namespace; zero when it has no number there.</param>
/// <param name="Uid">As seen from the receiver's user namespace.</param>
/// <param name="Gid">As seen from the receiver's user namespace.</param>
public readonly record struct SenderCredentials(int Pid, uint Uid, uint Gid);

/// <summary>The control messages of a received message, see cmsg(3).</summary>
/// <param name="Rights">The descriptors that came with it; whoever parses owns them.</param>
/// <param name="Extra">Descriptors that the kernel made for the receiver: pidfds of the sender.</param>
/// <param name="Credentials">The sender, where the socket asks for it.</param>
public sealed record ControlMessages(IReadOnlyList<Fd> Rights, IReadOnlyList<Fd> Extra, SenderCredentials? Credentials)
{
    // struct cmsghdr: u64 cmsg_len with the header, s32 cmsg_level, s32 cmsg_type; each one aligned to 8 bytes.
    private const int HeaderSize = 16;

    public static ControlMessages Parse(ReadOnlySpan<byte> control)
    {
        var rights = new List<Fd>();
        var extra = new List<Fd>();
        SenderCredentials? credentials = null;
        while (control.Length >= HeaderSize)
        {
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(control);
            if (length < HeaderSize || length > (ulong)control.Length)
                break;
            ReadOnlySpan<byte> value = control[HeaderSize..(int)length];
            if (BinaryPrimitives.ReadInt32LittleEndian(control[8..]) == Socket.SOL_SOCKET)
            {
                switch (BinaryPrimitives.ReadInt32LittleEndian(control[12..]))
                {
                    case Socket.SCM_RIGHTS:
                        AddDescriptors(rights, value);
                        break;
                    case Socket.SCM_PIDFD:
                        AddDescriptors(extra, value);
                        break;
                    case Socket.SCM_CREDENTIALS when value.Length >= 12:
                        credentials = new SenderCredentials(
                            BinaryPrimitives.ReadInt32LittleEndian(value),
                            BinaryPrimitives.ReadUInt32LittleEndian(value[4..]),
                            BinaryPrimitives.ReadUInt32LittleEndian(value[8..]));
                        break;
                }
            }
            control = control[Math.Min(((int)length + 7) & ~7, control.Length)..];
        }
        return new ControlMessages(rights, extra, credentials);
    }

    private static void AddDescriptors(List<Fd> descriptors, ReadOnlySpan<byte> value)
    {
        // A pidfd that can't be made is given as a negative number.
        for (; value.Length >= 4; value = value[4..])
        {
            if (BinaryPrimitives.ReadInt32LittleEndian(value) is >= 0 and var number)
                descriptors.Add(new Fd(number));
        }
    }
}
