using Google.Protobuf;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Slices.ThreadIds;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tests.Slices.ThreadIds;

public sealed class ThreadIdsSliceTests
{
    [Theory]
    [InlineData("worker\n", "worker")]
    [InlineData("\n", "")]
    [InlineData("ends with\n\n", "ends with\n")]
    public void ToImage_Utf8Name_DropsTheKernelsNewlineOnly(string comm, string expected)
    {
        var core = new ThreadCoreEntry();
        ThreadName.ToImage(core, System.Text.Encoding.UTF8.GetBytes(comm));
        Assert.Equal(expected, core.Comm);
        Assert.False(core.HasTorporComm);
    }

    [Fact]
    public void ToImage_NameCutInsideACharacter_KeepsItsBytes()
    {
        // The kernel cuts a name after fifteen bytes, wherever a character ends.
        byte[] cut = [.. "aスレッド"u8[..12], (byte)'\n'];
        var core = new ThreadCoreEntry();
        ThreadName.ToImage(core, cut);
        CoreEntry read = CoreEntry.Parser.ParseFrom(new CoreEntry { ThreadCore = Required(core), Mtype = CoreEntry.Types.march.X8664 }.ToByteArray());
        Assert.Equal([.. cut[..^1], 0], ThreadName.FromImage(read));
    }

    [Fact]
    public void FromImage_ImageWithoutThreadName_TakesTheProcesss()
    {
        var core = new CoreEntry { Tc = new TaskCoreEntry { Comm = "java" }, ThreadCore = new ThreadCoreEntry() };
        Assert.Equal("java\0"u8.ToArray(), ThreadName.FromImage(core));
    }

    [Fact]
    public void FromImage_NameWithNul_EndsThere()
    {
        var core = new CoreEntry { ThreadCore = new ThreadCoreEntry { Comm = "a\0b" } };
        Assert.Equal("a\0"u8.ToArray(), ThreadName.FromImage(core));
    }

    [Fact]
    public void Compile_Thread_SetsOnlyWhatDiffersFromAFreshOne()
    {
        RestoreContext context = Plan.Context((42, Thread(robustList: 0, deathSignal: 0)), (43, Thread(robustList: 0x5000, deathSignal: 15)));
        new ThreadIdsSlice().Compile(context);

        Assert.Equal([SyscallNumber.set_tid_address, SyscallNumber.prctl], context.Leader.Program.Steps.Select(s => s.Number));
        SyscallProgram second = context.Threads[1].Program;
        Assert.Equal([SyscallNumber.set_tid_address, SyscallNumber.set_robust_list, SyscallNumber.prctl, SyscallNumber.prctl], second.Steps.Select(s => s.Number));
        Assert.Equal(Expectation.Exactly(43), second.Steps[0].Expect);
        Assert.Equal([0x5000UL, 24UL], second.Steps[1].Arguments.Select(a => a.Value));
        Assert.Equal([1UL, 15UL], second.Steps[3].Arguments.Select(a => a.Value));
    }

    [Fact]
    public void Compile_ImageWithoutThreadInfo_IsRefused()
    {
        CoreEntry core = Thread(0, 0);
        core.ThreadInfo = null;
        TorporException failure = Assert.Throws<TorporException>(() => new ThreadIdsSlice().Compile(Plan.Context((42, core))));
        Assert.Equal(FailureKind.ImageForeign, failure.Kind);
    }

    private static CoreEntry Thread(ulong robustList, uint deathSignal) => new()
    {
        ThreadInfo = new ThreadInfoX86 { ClearTidAddr = 0x4000 },
        ThreadCore = new ThreadCoreEntry { FutexRla = robustList, FutexRlaLen = 24, Comm = "t", PdeathSig = deathSignal },
    };

    private static ThreadCoreEntry Required(ThreadCoreEntry core)
    {
        core.FutexRla = 0;
        core.FutexRlaLen = 0;
        return core;
    }
}
