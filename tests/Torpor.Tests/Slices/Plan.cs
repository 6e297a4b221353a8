using Torpor.Images.Messages;
using Torpor.Model;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tests.Slices;

/// <summary>A restore of hand-made images, to compile one slice alone.</summary>
internal static class Plan
{
    /// <summary>A process 42 with a thread for each inner tid, the first its leader.</summary>
    public static RestoreContext Context(params (uint Tid, CoreEntry Core)[] threads)
    {
        var images = new ProcessImages { Process = new PstreeEntry { Pid = threads[0].Tid } };
        foreach ((uint tid, CoreEntry core) in threads)
            images.Cores[tid] = core;
        return SingleProcess.Restore(images, "42 (test)", [.. threads.Select(t => new RestoredThread(t.Tid, t.Core))]);
    }

    /// <summary>The bytes that a step's argument points to.</summary>
    public static byte[] Argument(SyscallProgram program, int step, int argument, int length)
    {
        Operand operand = program.Steps[step].Arguments[argument];
        Assert.True(operand.IsData, $"argument {argument} of '{program.Steps[step].Purpose}' points to no data");
        byte[] image = program.Encode();
        int start = image.Length - program.Size + (program.Steps.Count * SyscallRecord.Size) + (int)operand.Value;
        return image[start..(start + length)];
    }
}
