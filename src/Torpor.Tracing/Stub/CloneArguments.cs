using System.Buffers.Binary;
using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>clone3(2) as steps of a program. Its struct clone_args is 88 bytes here: what kernels since 5.7 take.</summary>
public static class CloneArguments
{
    public const ulong CLONE_VM = 0x100;
    public const ulong CLONE_FS = 0x200;
    public const ulong CLONE_FILES = 0x400;
    public const ulong CLONE_SIGHAND = 0x800;
    public const ulong CLONE_PARENT = 0x8000;
    public const ulong CLONE_THREAD = 0x10000;
    public const ulong CLONE_NEWNS = 0x20000;
    public const ulong CLONE_SYSVSEM = 0x40000;
    public const ulong CLONE_NEWUSER = 0x10000000;
    public const ulong CLONE_NEWPID = 0x20000000;
    public const ulong CLONE_NEWTIME = 0x80;

    /// <summary>What makes a thread of the same process.</summary>
    public const ulong Thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;

    private const int Size = 88;
    private const int ExitSignalOffset = 32;
    private const int SetTidOffset = 64;
    private const int SetTidSizeOffset = 72;

    /// <summary>Adds a clone3 that must give the new task a chosen id.</summary>
    /// <param name="program">The program.</param>
    /// <param name="purpose">What a failure means.</param>
    /// <param name="flags">CLONE_*.</param>
    /// <param name="exitSignal">Zero for threads and for siblings.</param>
    /// <param name="tid">The id wanted in the innermost pid namespace; zero for any. The caller needs CAP_CHECKPOINT_RESTORE there.</param>
    public static StepReference AddClone(this SyscallProgram program, string purpose, ulong flags, int exitSignal, uint tid)
    {
        byte[] arguments = new byte[Size];
        BinaryPrimitives.WriteUInt64LittleEndian(arguments, flags);
        BinaryPrimitives.WriteUInt64LittleEndian(arguments.AsSpan(ExitSignalOffset), (ulong)exitSignal);
        if (tid != 0)
            BinaryPrimitives.WriteUInt64LittleEndian(arguments.AsSpan(SetTidSizeOffset), 1);
        DataReference data = program.Data(arguments);
        if (tid != 0)
        {
            DataReference wanted = program.Data(BitConverter.GetBytes(tid));
            program.Link(data.At(SetTidOffset), wanted);
        }
        // A sibling in another pid namespace has another id here than there, so the result is not compared with it.
        return program.Call(purpose, SyscallNumber.clone3, data, Size);
    }
}
