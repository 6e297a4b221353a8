using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tracing.Tests;

public class SignalFrameTests
{
    private const string Program = """
        #include <stddef.h>
        #include <stdio.h>
        #include <asm/sigcontext.h>
        #include <asm/signal.h>
        #include <asm/ucontext.h>
        #include <sys/user.h>
        int main(void) {
            printf("%zu %zu %zu %zu %zu %zu %zu\n", offsetof(struct ucontext, uc_stack.ss_flags), offsetof(struct ucontext, uc_mcontext),
                offsetof(struct ucontext, uc_mcontext.cs), offsetof(struct ucontext, uc_mcontext.fpstate), offsetof(struct ucontext, uc_sigmask),
                sizeof(struct user_regs_struct), offsetof(struct user_regs_struct, orig_rax));
            return 0;
        }
        """;

    [Fact]
    public void Layout_ComparedWithTheHeaders_IsTheSame()
    {
        string directory = Directory.CreateTempSubdirectory("torpor-layout").FullName;
        try
        {
            string source = Path.Combine(directory, "layout.c");
            File.WriteAllText(source, Program);
            Assert.SkipUnless(File.Exists("/usr/bin/gcc"), "gcc is not installed, so the layout can't be compared with the C headers");
            Run("/usr/bin/gcc", $"-o {directory}/layout {source}");
            Assert.Equal("24 40 184 224 296 216 120", Run($"{directory}/layout", "").Trim());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
        Assert.Equal(216, Unsafe.SizeOf<Registers>());
    }

    [Fact]
    public void Write_Registers_StandWhereTheKernelReadsThem()
    {
        byte[] xstate = new byte[832];
        xstate[464] = 7;
        byte[] frame = new byte[SignalFrame.SizeFor(xstate.Length)];
        var registers = new Registers { R8 = 1, Rdi = 2, Rsp = 3, Rip = 4, Eflags = 5, Cs = 0x33, Ss = 0x2b };

        SignalFrame.Write(frame, 0x10000, registers, xstate, 0xabcd);

        Assert.Equal(1UL, Quad(frame, 40));
        Assert.Equal(2UL, Quad(frame, 40 + 64));
        Assert.Equal(3UL, Quad(frame, 40 + 120));
        Assert.Equal(4UL, Quad(frame, 40 + 128));
        Assert.Equal(5UL, Quad(frame, 40 + 136));
        Assert.Equal(0x33, BinaryPrimitives.ReadUInt16LittleEndian(frame.AsSpan(184)));
        Assert.Equal(0x2b, BinaryPrimitives.ReadUInt16LittleEndian(frame.AsSpan(190)));
        ulong state = Quad(frame, 224) - 0x10000;
        Assert.Equal(0UL, state % 64);
        Assert.Equal(0x46505853u, BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan((int)state + 464)));
        Assert.Equal(7UL, Quad(frame, (int)state + 472));
        Assert.Equal(0x46505845u, BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan((int)state + 832)));
        Assert.Equal(0xabcdUL, Quad(frame, 296));
    }

    private static ulong Quad(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(offset));

    private static string Run(string file, string arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
