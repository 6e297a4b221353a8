using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>
/// The first process of a private pid namespace, as programs for the interpreter: it lets the kernel reap orphans, and
/// it ends, and with it the namespace, when the restored root process ends.
/// </summary>
internal static class InitProgram
{
    private const int SIGCHLD = 17;
    private const int PR_SET_PDEATHSIG = 1;
    private const int PR_SET_NAME = 15;
    private const int MS_NOSUID = 2;
    private const int MS_NODEV = 4;
    private const int MS_NOEXEC = 8;
    private const short POLLIN = 1;

    /// <summary>Mounts what is the namespace's own and lets go of everything inherited.</summary>
    public static SyscallProgram SetUp(RemoteAddress room, bool terminals)
    {
        SyscallProgram program = Mount(room, terminals);
        // SIG_IGN for SIGCHLD: children that end leave no zombie, see wait(2).
        byte[] ignore = new byte[32];
        ignore[0] = 1;
        program.Call("ignore SIGCHLD", SyscallNumber.rt_sigaction, SIGCHLD, program.Data(ignore), 0, 8);
        program.Call("name the first process", SyscallNumber.prctl, PR_SET_NAME, program.Text("torpor-init"));
        program.Call("start a session for the first process", SyscallNumber.setsid);
        program.Call("close inherited descriptors", SyscallNumber.close_range, 0, uint.MaxValue, 0);
        program.Call("change to /", SyscallNumber.chdir, program.Text("/"));
        return program;
    }

    /// <summary>Mounts /proc, and a set of pseudo-terminals in which every number is free.</summary>
    public static SyscallProgram Mount(RemoteAddress room, bool terminals)
    {
        var program = new SyscallProgram("mount") { Base = room };
        program.Call("mount /proc in the private namespace", SyscallNumber.mount,
            program.Text("proc"), program.Text("/proc"), program.Text("proc"), MS_NOSUID | MS_NODEV | MS_NOEXEC, 0);
        if (terminals)
        {
            program.Call("mount pseudo-terminals in the private namespace", SyscallNumber.mount,
                program.Text("devpts"), program.Text("/dev/pts"), program.Text("devpts"), MS_NOSUID | MS_NOEXEC, program.Text("newinstance,ptmxmode=0666,mode=0620"));
        }
        return program;
    }

    /// <summary>Waits for the root process's end, for ever untraced.</summary>
    public static SyscallProgram Watch(uint rootPid, RemoteAddress room)
    {
        var program = new SyscallProgram("watch") { Base = room };
        program.Call("outlive the tool", Expectation.Any, SyscallNumber.prctl, PR_SET_PDEATHSIG, 0);
        byte[] poll = new byte[8];
        poll[4] = (byte)POLLIN;
        program.Add("watch the root process", Expectation.Exactly(0), new Target(null, 3), SyscallNumber.pidfd_open, rootPid, 0);
        program.Add("wait for its end", Expectation.Exactly(1), new Target(null, 2), SyscallNumber.poll, program.Data(poll), 1, -1);
        program.Call("end the namespace", Expectation.Any, SyscallNumber.exit_group, 0);
        return program;
    }
}
