using System.Buffers.Binary;
using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>A program's memory after its run.</summary>
public sealed class ProgramResult(SyscallProgram program, byte[] image)
{
    public SyscallResult this[StepReference step] =>
        new(BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan((step.Index * SyscallRecord.Size) + SyscallRecord.ResultOffset)));

    public ReadOnlySpan<byte> this[DataReference data] =>
        image.AsSpan((program.Steps.Count * SyscallRecord.Size) + data.Offset, data.Length);
}
