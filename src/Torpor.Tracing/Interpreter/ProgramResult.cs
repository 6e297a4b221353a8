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

    /// <summary>The first step whose result is not among those expected and that names no other way to go on; null when there is none.</summary>
    public StepReference? Surprise
    {
        get
        {
            for (int i = 0; i < program.Steps.Count; i++)
            {
                if (program.Steps[i].Otherwise is null && !program.Steps[i].Expect.Accepts((ulong)this[new StepReference(i)].Raw))
                    return new StepReference(i);
            }
            return null;
        }
    }
}
