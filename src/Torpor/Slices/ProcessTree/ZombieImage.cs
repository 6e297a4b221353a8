using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Prctl;

namespace Torpor.Slices.ProcessTree;

/// <summary>A process of which only the exit status is left: in the images, and as the program that ends a new one the same way.</summary>
internal static class ZombieImage
{
    private const int StatusMask = 0x7f;
    private const int CoreDumped = 0x80;
    private const int SIGKILL = 9;
    private const int RLIMIT_CORE = 4;

    public static void Add(CaptureTree tree, CapturedZombie zombie)
    {
        ProcStat stat = zombie.Proc.Stat();
        ProcStatus status = zombie.Proc.Status();
        var images = new ProcessImages(tree.Images);
        ProcessTreeSlice.FillProcess(images.Process, status, stat, tree.Find(zombie.Parent)?.InnerPid ?? 0);
        images.Process.Threads.Add(images.Process.Pid);
        var core = new CoreEntry
        {
            Mtype = CoreEntry.Types.march.X8664,
            Tc = new TaskCoreEntry
            {
                TaskState = ProcessImages.TaskDead,
                ExitCode = (uint)stat.ExitCode,
                Personality = 0,
                Flags = 0,
                BlkSigset = 0,
                Comm = stat.Comm,
                TorporUid = status.Uids.Real,
            },
        };
        ProcessTreeSlice.SetExitSignal(core.Tc, stat);
        images.Cores[images.Process.Pid] = core;
        if ((stat.ExitCode & CoreDumped) != 0)
            tree.Notes.Add($"process {zombie.Pid} ({stat.Comm}) has ended with a core dump; after a restore its status says so no more");
    }

    /// <summary>The status as wait(2) tells it, without the remark that memory was dumped.</summary>
    public static int StatusOf(ProcessImages process) => (int)process.LeaderCore.Tc.ExitCode & ~CoreDumped & 0xffff;

    /// <summary>The program of a fresh process that ends as the image says.</summary>
    public static SyscallProgram End(ProcessImages process, bool setUser)
    {
        var program = new SyscallProgram($"end {process.Pid}");
        TaskCoreEntry core = process.LeaderCore.Tc;
        // The kernel cuts the name at 15 bytes.
        program.Call("name the process", SyscallNumber.prctl, PR_SET_NAME, program.Text(core.Comm));
        if (setUser && core.HasTorporUid)
            program.Call("give it its user", SyscallNumber.setresuid, core.TorporUid, core.TorporUid, core.TorporUid);
        int signal = (int)core.ExitCode & StatusMask;
        if (signal == 0)
        {
            program.Call("exit", Expectation.Any, SyscallNumber.exit_group, (core.ExitCode >> 8) & 0xff);
            return program;
        }
        // Without a core dump: there was none, or it is written already.
        program.Call("forbid a core dump", SyscallNumber.prlimit64, 0, RLIMIT_CORE, program.Data(new byte[16]), 0);
        if (signal != SIGKILL)
            program.Call("unblock all signals", SyscallNumber.rt_sigprocmask, 2, program.Data(new byte[8]), 0, 8);
        program.Call($"end by signal {signal}", Expectation.Any, SyscallNumber.tgkill, process.Pid, process.Pid, signal);
        return program;
    }
}
