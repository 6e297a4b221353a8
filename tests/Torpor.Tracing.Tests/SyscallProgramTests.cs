using System.Buffers.Binary;
using Torpor.Linux;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tracing.Tests;

public class SyscallProgramTests
{
    [Fact]
    public void Encode_DataOperand_BecomesAnAddressBehindTheRecords()
    {
        var program = new SyscallProgram("p") { Base = new RemoteAddress(0x1000) };
        DataReference text = program.Text("/x");
        program.Call("open", SyscallNumber.openat, -100, text, 2);
        program.Call("close", Expectation.Exactly(0), SyscallNumber.close, 3);

        byte[] image = program.Encode();

        Assert.Equal((ulong)SyscallNumber.openat, Quad(image, 0));
        Assert.Equal(unchecked((ulong)-100L), Quad(image, 8));
        Assert.Equal(0x1000UL + (2 * SyscallRecord.Size), Quad(image, 16));
        Assert.Equal("/x\0"u8.ToArray(), image[(2 * SyscallRecord.Size)..(2 * SyscallRecord.Size + 3)]);
    }

    [Fact]
    public void Encode_Surprise_GoesToTheStepNamedOrToTheDefault()
    {
        var program = new SyscallProgram("p") { Base = new RemoteAddress(0x1000) };
        program.Add("loop", Expectation.Never, new Target(null, 1), SyscallNumber.getpid);
        program.Call("plain", SyscallNumber.getpid);

        byte[] image = program.Encode(new RemoteAddress(0x9000));

        Assert.Equal(0x1000UL + SyscallRecord.Size, Quad(image, SyscallRecord.OtherwiseOffset));
        Assert.Equal(0x9000UL, Quad(image, SyscallRecord.Size + SyscallRecord.OtherwiseOffset));
    }

    [Fact]
    public void Encode_Link_PutsAnAddressIntoTheData()
    {
        var program = new SyscallProgram("p") { Base = new RemoteAddress(0x1000) };
        DataReference iovec = program.Space(16);
        DataReference bytes = program.Data([1, 2, 3]);
        program.Link(iovec, bytes);
        program.Call("write", SyscallNumber.writev, 1, iovec, 1);

        byte[] image = program.Encode();

        Assert.Equal(program.AddressOf(bytes).Value, Quad(image, SyscallRecord.Size));
        Assert.Equal(0x1000UL + SyscallRecord.Size + 16, program.AddressOf(bytes).Value);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(77, true)]
    [InlineData(-1, false)]
    [InlineData(-4095, false)]
    [InlineData(-4096, true)]
    public void Success_Result_IsNoErrno(long result, bool accepted) => Assert.Equal(accepted, Expectation.Success.Accepts((ulong)result));

    [Fact]
    public void Never_AnyReturnValue_IsNotAccepted()
    {
        foreach (long result in (long[])[0, 1, -1, -4095, long.MaxValue, 42])
            Assert.False(Expectation.Never.Accepts((ulong)result));
    }

    [Fact]
    public void Copy_MoreSteps_LeavesTheOriginalAlone()
    {
        var program = new SyscallProgram("p");
        program.Call("a", SyscallNumber.getpid);
        SyscallProgram copy = program.Copy();
        copy.Call("b", SyscallNumber.getppid);

        Assert.Single(program.Steps);
        Assert.Equal(2, copy.Steps.Count);
    }

    [Fact]
    public void Surprise_FailedStepWithoutOtherwise_IsFound()
    {
        var program = new SyscallProgram("p");
        program.Call("a", Expectation.Any, SyscallNumber.getpid);
        program.Call("b", SyscallNumber.close, 99);
        byte[] image = program.Encode();
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(SyscallRecord.Size + SyscallRecord.ResultOffset), -(long)Errno.EBADF);

        var result = new ProgramResult(program, image);

        Assert.Equal(1, result.Surprise?.Index);
        Assert.Equal(Errno.EBADF, result[new StepReference(1)].Errno);
    }

    private static ulong Quad(byte[] image, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan(offset));
}
