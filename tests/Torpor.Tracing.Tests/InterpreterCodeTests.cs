using System.Text.RegularExpressions;
using Iced.Intel;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tracing.Tests;

public class InterpreterCodeTests
{
    private static readonly string[] s_listing =
    [
        "mov rbx,rdi",
        "mov rax,[rbx]",
        "mov rdi,[rbx+8]",
        "mov rsi,[rbx+10h]",
        "mov rdx,[rbx+18h]",
        "mov r10,[rbx+20h]",
        "mov r8,[rbx+28h]",
        "mov r9,[rbx+30h]",
        "syscall",
        "mov [rbx+38h],rax",
        "sub rax,[rbx+40h]",
        "cmp rax,[rbx+48h]",
        "ja 34h",
        "add rbx,60h",
        "jmp 3",
        "mov rbp,rbx",
        "mov rbx,[rbx+50h]",
        "test rbx,rbx",
        "jne 3",
        "int3",
    ];

    [Fact]
    public void Bytes_Disassembled_MatchTheListing() => Assert.Equal(s_listing, Disassemble(InterpreterCode.Bytes));

    [Fact]
    public void WaitLoop_Disassembled_SpinsWithoutSystemCalls() => Assert.Equal(["pause", "jmp 0"], Disassemble(InterpreterCode.WaitLoop));

    [Fact]
    public void Bytes_Offsets_AreThoseOfTheRecord()
    {
        Assert.Equal(0x38, SyscallRecord.ResultOffset);
        Assert.Equal(0x40, SyscallRecord.LowOffset);
        Assert.Equal(0x48, SyscallRecord.SpanOffset);
        Assert.Equal(0x50, SyscallRecord.OtherwiseOffset);
        Assert.Equal(0x60, SyscallRecord.Size);
    }

    [Fact]
    public void Bytes_NoInstruction_TouchesTheStack()
    {
        Decoder decoder = Decoder.Create(64, InterpreterCode.Bytes.ToArray());
        var factory = new InstructionInfoFactory();
        while (decoder.IP < (ulong)InterpreterCode.Bytes.Length - 1)
        {
            Instruction instruction = decoder.Decode();
            Assert.DoesNotContain(factory.GetInfo(instruction).GetUsedRegisters(), r => r.Register == Register.RSP);
        }
    }

    private static string[] Disassemble(ReadOnlySpan<byte> code)
    {
        Decoder decoder = Decoder.Create(64, code.ToArray());
        var formatter = new NasmFormatter();
        List<string> lines = [];
        while (decoder.IP < (ulong)code.Length)
        {
            Instruction instruction = decoder.Decode();
            var output = new StringOutput();
            formatter.Format(instruction, output);
            lines.Add(Regex.Replace(output.ToStringAndReset(), "short |near |00*(?=[0-9A-F]+h)|0000000000000", "").ToLowerInvariant());
        }
        return [.. lines];
    }
}
