using System.Buffers.Binary;
using Torpor.Images.Messages;
using static Torpor.Linux.Uapi.Seccomp;

namespace Torpor.Slices.Seccomp;

/// <summary>One filter of system calls, see seccomp(2).</summary>
/// <param name="Code">Its instructions, struct sock_filter each.</param>
/// <param name="Flags">SECCOMP_FILTER_FLAG_*, as far as the kernel tells them.</param>
internal sealed record FilterState(byte[] Code, uint Flags)
{
    /// <summary>Some of its answers ask another process (SECCOMP_RET_USER_NOTIF).</summary>
    public bool Notifies
    {
        get
        {
            for (int at = 0; at + FilterInstructionSize <= Code.Length; at += FilterInstructionSize)
            {
                ReadOnlySpan<byte> instruction = Code.AsSpan(at, FilterInstructionSize);
                if (BinaryPrimitives.ReadUInt16LittleEndian(instruction) == BPF_RET_K
                    && (BinaryPrimitives.ReadUInt32LittleEndian(instruction[4..]) & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
                {
                    return true;
                }
            }
            return false;
        }
    }

    public bool Equals(FilterState? other) => other is not null && Flags == other.Flags && Code.AsSpan().SequenceEqual(other.Code);

    public override int GetHashCode() => HashCode.Combine(Flags, Code.Length);
}

/// <summary>What a thread's system calls go through.</summary>
/// <param name="Mode">None, strict, or filters.</param>
/// <param name="Filters">The chain, oldest first; empty but in filter mode.</param>
internal sealed record SeccompState(SeccompMode Mode, IReadOnlyList<FilterState> Filters)
{
    public static SeccompState None { get; } = new(SeccompMode.Disabled, []);
}
