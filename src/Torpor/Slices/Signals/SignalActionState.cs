using System.Buffers.Binary;
using Torpor.Images.Messages;

namespace Torpor.Slices.Signals;

/// <summary>What a signal does: the kernel's struct sigaction of x86-64, see rt_sigaction(2).</summary>
/// <param name="Handler">Address, SIG_DFL or SIG_IGN.</param>
/// <param name="Flags">SA_*.</param>
/// <param name="Restorer">The return trampoline.</param>
/// <param name="Mask">Blocked while the handler runs.</param>
internal sealed record SignalActionState(ulong Handler, ulong Flags, ulong Restorer, ulong Mask)
{
    public const int KernelSize = 32;

    public static SignalActionState Decode(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));

    public byte[] Encode()
    {
        byte[] bytes = new byte[KernelSize];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Handler);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), Restorer);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), Mask);
        return bytes;
    }

    public SaEntry ToImage() => new() { Sigaction = Handler, Flags = Flags, Restorer = Restorer, Mask = Mask };

    public static SignalActionState FromImage(SaEntry entry) => new(entry.Sigaction, entry.Flags, entry.Restorer, entry.Mask);
}

/// <summary>An alternate signal stack, struct sigaltstack, see sigaltstack(2).</summary>
internal sealed record AlternateStackState(ulong Pointer, uint Flags, ulong Size)
{
    public const int KernelSize = 24;
    private const uint SS_ONSTACK = 1;

    public static AlternateStackState Decode(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));

    public byte[] Encode()
    {
        byte[] bytes = new byte[KernelSize];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Pointer);
        // The kernel says SS_ONSTACK of a thread that runs on the stack; it does not take the bit back as a setting.
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Flags & ~SS_ONSTACK);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), Size);
        return bytes;
    }

    public ThreadSasEntry ToImage() => new() { SsSp = Pointer, SsSize = Size, SsFlags = Flags };

    public static AlternateStackState FromImage(ThreadSasEntry entry) => new(entry.SsSp, entry.SsFlags, entry.SsSize);
}
