using System.Runtime.InteropServices;
using System.Text;
using Torpor.Linux;
using Torpor.Linux.ProcFs;

namespace Torpor.Tracing;

/// <summary>What a stub is started with.</summary>
public sealed record StubOptions
{
    public required RemoteAddress Start { get; init; }

    /// <summary>CLONE_NEW* flags for the stub itself.</summary>
    public ulong Namespaces { get; init; }

    /// <summary>Descriptors to hand down, to the numbers from <see cref="PassBase"/> on.</summary>
    public IReadOnlyList<Fd> Passed { get; init; } = [];

    public int PassBase { get; init; }

    /// <summary>Capabilities to keep across the exec, as ambient ones; bit 0 is capability 0.</summary>
    public ulong Capabilities { get; init; }
}

/// <summary>
/// Starts stubs. The child between clone and exec shares this process's memory but runs only the interpreter on records
/// prepared beforehand: no managed code, no allocation, no stack to speak of.
/// </summary>
public static unsafe partial class StubLauncher
{
    private const int CLONE_VM = 0x100;
    private const int CLONE_VFORK = 0x4000;
    private const int SIGCHLD = 17;
    private const int SIGKILL = 9;
    private const int SIGPIPE = 13;
    private const int PROT_READ = 1;
    private const int PROT_WRITE = 2;
    private const int PROT_EXEC = 4;
    private const int MAP_PRIVATE_ANONYMOUS = 0x22;
    private const int MFD_CLOEXEC = 1;
    private const int MFD_EXEC = 0x10;
    private const int AT_EMPTY_PATH = 0x1000;
    private const int O_CLOEXEC = 0x80000;
    private const int PR_SET_PDEATHSIG = 1;
    private const int PR_CAP_AMBIENT = 47;
    private const int PR_CAP_AMBIENT_RAISE = 2;
    private const int LastCapability = 40;
    private const int ExecFailed = 127;
    private const int CodeLength = 4096;
    private const int StackLength = 16384;

    [LibraryImport("libc", EntryPoint = "clone", SetLastError = true)]
    private static partial int LibcClone(nint function, nint stack, int flags, nint argument);

    /// <summary>Starts a stub and seizes it; it is stopped, and dies with its tracer.</summary>
    public static Tracee Launch(StubOptions options)
    {
        using Fd image = CreateImage(options.Start);
        nint code = MapLocal(CodeLength, PROT_READ | PROT_WRITE);
        SyscallProgram program = BuildProgram(options, image);
        int room = program.Size + 256;
        nint data = MapLocal(room + StackLength, PROT_READ | PROT_WRITE);
        try
        {
            // Sound: both mappings are ours, of these lengths, and nothing else knows them.
            InterpreterCode.Bytes.CopyTo(new Span<byte>((void*)code, CodeLength));
            Syscall.Invoke(SyscallNumber.mprotect, code, CodeLength, PROT_READ | PROT_EXEC).OrThrow("mprotect the interpreter");
            program.Base = new RemoteAddress((ulong)data);
            program.Encode().CopyTo(new Span<byte>((void*)data, room));
            // Sound: with CLONE_VFORK this thread stays in the call until the child has left the shared memory, by
            // execveat or by exit_group; the child runs on a stack of its own and writes only into the records.
            int pid = LibcClone(code, data + room + StackLength - 64, (int)options.Namespaces | CLONE_VM | CLONE_VFORK | SIGCHLD, data);
            if (pid < 0)
                throw new LinuxException("clone a stub", (Errno)Marshal.GetLastPInvokeError());
            return Seize(new Pid(pid), program, new ReadOnlySpan<byte>((void*)data, program.Size));
        }
        finally
        {
            Syscall.Invoke(SyscallNumber.munmap, code, CodeLength);
            Syscall.Invoke(SyscallNumber.munmap, data, room + StackLength);
        }
    }

    private static Tracee Seize(Pid pid, SyscallProgram program, ReadOnlySpan<byte> image)
    {
        var tracee = new Tracee(pid.Leader);
        if (!Ptrace.TrySeize(pid.Leader, TaskTree.Options, out Errno errno))
        {
            Syscall.Invoke(SyscallNumber.kill, pid.Value, SIGKILL);
            Ptrace.Wait(pid.Leader);
            throw FindFailure(program, image) ?? new LinuxException($"seize the stub {pid}", errno);
        }
        Ptrace.TryInterrupt(pid.Leader);
        try
        {
            tracee.WaitForStop();
        }
        catch (TaskEndedException)
        {
            throw FindFailure(program, image) ?? new LinuxException("start the stub", Errno.ECHILD);
        }
        return tracee;
    }

    private static LinuxException? FindFailure(SyscallProgram program, ReadOnlySpan<byte> image)
    {
        var result = new ProgramResult(program, image.ToArray());
        for (int i = 0; i < program.Steps.Count; i++)
        {
            SyscallResult value = result[new StepReference(i)];
            if (value.IsError && !program.Steps[i].Expect.Accepts((ulong)value.Raw))
                return new LinuxException(program.Steps[i].Purpose, value.Errno);
        }
        return null;
    }

    private static SyscallProgram BuildProgram(StubOptions options, Fd image)
    {
        var program = new SyscallProgram("launch");
        List<Action<Target>> steps = [];
        int exit = 0;
        void Must(string purpose, SyscallNumber number, params Operand[] arguments) =>
            steps.Add(failed => program.Add(purpose, Expectation.Success, failed, number, arguments));
        void May(string purpose, SyscallNumber number, params Operand[] arguments) =>
            steps.Add(_ => program.Call(purpose, Expectation.Any, number, arguments));

        Must("ask to die with the tool", SyscallNumber.prctl, PR_SET_PDEATHSIG, SIGKILL);
        // .NET ignores SIGPIPE, and what is ignored stays ignored across exec.
        Must("reset SIGPIPE", SyscallNumber.rt_sigaction, SIGPIPE, program.Data(new byte[32]), 0, 8);
        // Descriptors are handed down above all numbers of the target, which may have had a higher limit than this process.
        ProcLimits limits = ProcTask.Self.Limits();
        foreach (int resource in StubLimits.Raised)
            May($"raise soft limit {resource}", SyscallNumber.prlimit64, 0, resource, program.Data(StubLimits.Encode(limits[resource].Hard)), 0);
        // Staged above everything, so that no source is overwritten before it is copied.
        int staging = Math.Max(HighestDescriptor(), options.PassBase + options.Passed.Count) + 1;
        for (int i = 0; i < options.Passed.Count; i++)
            Must($"stage descriptor {options.Passed[i].Value} to hand it down", SyscallNumber.dup3, options.Passed[i].Value, staging + i, O_CLOEXEC);
        Must("stage the stub's image", SyscallNumber.dup3, image.Value, staging + options.Passed.Count, O_CLOEXEC);
        for (int i = 0; i < options.Passed.Count; i++)
            Must($"hand down descriptor {options.PassBase + i}", SyscallNumber.dup3, staging + i, options.PassBase + i, 0);
        if (options.Capabilities != 0)
            AddCapabilities(program, options.Capabilities, May);
        DataReference arguments = program.Space(16);
        program.Link(arguments, program.Text("torpor-stub"));
        Must("execute the stub", SyscallNumber.execveat, staging + options.Passed.Count, program.Text(""), arguments, program.Space(8), AT_EMPTY_PATH);
        exit = steps.Count;
        var target = new Target(null, exit);
        foreach (Action<Target> step in steps)
            step(target);
        program.Call("give up", Expectation.Any, SyscallNumber.exit_group, ExecFailed);
        return program;
    }

    private static void AddCapabilities(SyscallProgram program, ulong capabilities, Action<string, SyscallNumber, Operand[]> may)
    {
        const uint version3 = 0x20080522;
        byte[] header = new byte[8];
        BitConverter.TryWriteBytes(header, version3);
        byte[] data = new byte[24];
        for (int half = 0; half < 2; half++)
        {
            uint bits = (uint)(capabilities >> (32 * half));
            for (int set = 0; set < 3; set++)
                BitConverter.TryWriteBytes(data.AsSpan((half * 12) + (set * 4)), bits);
        }
        // An ambient capability must be inheritable and permitted first, see capabilities(7).
        may("make capabilities inheritable", SyscallNumber.capset, [program.Data(header), program.Data(data)]);
        for (int capability = 0; capability <= LastCapability; capability++)
        {
            if ((capabilities & (1UL << capability)) != 0)
                may($"keep capability {capability}", SyscallNumber.prctl, [PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0]);
        }
    }

    private static Fd CreateImage(RemoteAddress start)
    {
        byte[] name = Encoding.ASCII.GetBytes("torpor-stub\0");
        byte[] elf = StubElf.Build(start);
        fixed (byte* n = name)
        fixed (byte* e = elf)
        {
            SyscallResult created = Syscall.Invoke(SyscallNumber.memfd_create, (nint)n, MFD_CLOEXEC | MFD_EXEC);
            if (created.Errno == Errno.EINVAL)
                created = Syscall.Invoke(SyscallNumber.memfd_create, (nint)n, MFD_CLOEXEC);
            var image = new Fd((int)created.OrThrow("create the stub's memfd"));
            Syscall.Invoke(SyscallNumber.write, image.Value, (nint)e, elf.Length).OrThrow("write the stub");
            return image;
        }
    }

    private static nint MapLocal(int length, int protection) =>
        (nint)Syscall.Invoke(SyscallNumber.mmap, 0, length, protection, MAP_PRIVATE_ANONYMOUS, -1, 0).OrThrow("map memory for the stub's launch");

    private static int HighestDescriptor() =>
        Directory.EnumerateFileSystemEntries("/proc/self/fd").Max(d => int.Parse(Path.GetFileName(d)));
}
