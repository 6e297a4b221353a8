using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Slices.Rseq;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tests.Slices.Rseq;

public sealed class RseqSliceTests
{
    [Fact]
    public void Compile_RegisteredThread_RegistersAgainWithItsSignature()
    {
        var registered = new CoreEntry { ThreadCore = new ThreadCoreEntry { RseqEntry = new RseqEntry { RseqAbiPointer = 0x7000, RseqAbiSize = 32, Signature = 0x53053053 } } };
        var plain = new CoreEntry { ThreadCore = new ThreadCoreEntry() };
        var empty = new CoreEntry { ThreadCore = new ThreadCoreEntry { RseqEntry = new RseqEntry { RseqAbiPointer = 0, RseqAbiSize = 0, Signature = 0 } } };
        RestoreContext context = Plan.Context((42, registered), (43, plain), (44, empty));
        new RseqSlice().Compile(context);

        SyscallStep step = Assert.Single(context.Leader.Program.Steps);
        Assert.Equal(SyscallNumber.rseq, step.Number);
        Assert.Equal([0x7000UL, 32UL, 0UL, 0x53053053UL], step.Arguments.Select(a => a.Value));
        Assert.Empty(context.Threads[1].Program.Steps);
        Assert.Empty(context.Threads[2].Program.Steps);
    }
}
