using Torpor.Linux;

namespace Torpor;

/// <summary>Finds out what this user may do on this machine.</summary>
public static class Doctor
{
    private static readonly Version s_oldestKernel = new(5, 9);

    /// <summary>Looks and tries; changes nothing. Takes a few milliseconds and needs no privilege.</summary>
    public static DoctorReport Examine() => Conclude(DoctorProbes.Observe());

    /// <summary>Draws the conclusions. Pure.</summary>
    internal static DoctorReport Conclude(DoctorFacts facts)
    {
        PrivilegeRung rung = RungOf(facts);
        return new DoctorReport
        {
            Rung = rung,
            RungMeaning = rung switch
            {
                PrivilegeRung.Root => "you are root: processes of any user can be checkpointed, and restored under their old pid",
                PrivilegeRung.SamePid => "your processes can be restored under their old pid here, or in a private namespace as often as you like",
                PrivilegeRung.PrivateNamespace => "your processes can be restored in a private namespace, where they keep the pids they know; from outside they have new ones",
                _ => "nothing can be restored here yet; see the checks",
            },
            Checks =
            [
                CheckKernel(facts),
                CheckTracing(facts),
                CheckForeignCalls(facts),
                CheckNamespaces(facts),
                CheckTimeNamespace(facts),
                CheckCapability(facts),
                CheckClone3(facts),
                CheckPageScan(facts),
            ],
        };
    }

    private static PrivilegeRung RungOf(DoctorFacts facts)
    {
        if (facts.UserId == 0 && facts.Has(DoctorFacts.CAP_SYS_ADMIN) && facts.Has(DoctorFacts.CAP_SYS_PTRACE))
            return PrivilegeRung.Root;
        if (facts.Has(DoctorFacts.CAP_CHECKPOINT_RESTORE))
            return PrivilegeRung.SamePid;
        return facts.Namespaces == NamespaceOutcome.Works ? PrivilegeRung.PrivateNamespace : PrivilegeRung.None;
    }

    private static DoctorCheck CheckKernel(DoctorFacts facts) =>
        facts.Kernel >= s_oldestKernel
            ? new("kernel", CheckState.Good, $"Linux {facts.Kernel.Major}.{facts.Kernel.Minor} has every call that is required (5.9)")
            : new("kernel", CheckState.Missing, $"Linux {facts.Kernel.Major}.{facts.Kernel.Minor} is older than 5.9, which is required", "boot a kernel of 5.9 or later");

    private static DoctorCheck CheckTracing(DoctorFacts facts)
    {
        const string name = "tracing";
        if (facts.PtraceScope == 0 || (facts.Has(DoctorFacts.CAP_SYS_PTRACE) && facts.PtraceScope < 3))
            return new(name, CheckState.Good, "you may trace processes of your own (ptrace)");
        const string remedy = "sudo sysctl kernel.yama.ptrace_scope=0";
        return facts.PtraceScope switch
        {
            1 => new(name, CheckState.Limited, "Yama allows to trace only one's own descendants, so a checkpoint works for what torpor has restored in a private namespace and for nothing else", remedy),
            2 => new(name, CheckState.Missing, "Yama reserves tracing for CAP_SYS_PTRACE, so nothing can be checkpointed", remedy),
            _ => new(name, CheckState.Missing, "Yama forbids tracing until the next boot, so nothing can be checkpointed", "boot without kernel.yama.ptrace_scope=3"),
        };
    }

    private static DoctorCheck CheckForeignCalls(DoctorFacts facts)
    {
        const string name = "system calls";
        string[] failing = [.. facts.ForeignCalls.Where(call => call.Result != Errno.None).Select(call => $"{call.Call} ({call.Result})")];
        if (failing.Length == 0)
            return new(name, CheckState.Good, facts.SeccompMode == 0 ? "nothing filters system calls here" : "a seccomp filter is active, but lets pass what is needed");
        string calls = string.Join(", ", failing);
        return facts.SeccompMode == 0
            ? new(name, CheckState.Missing, $"the kernel does not have {calls}, which reading another process takes", "use a kernel with CONFIG_CROSS_MEMORY_ATTACH and CONFIG_KCMP")
            : new(name, CheckState.Missing, $"a seccomp filter stops {calls}, which reading another process takes", "run outside this container, or with a seccomp profile that lets them pass");
    }

    private static DoctorCheck CheckNamespaces(DoctorFacts facts)
    {
        const string name = "private namespaces";
        // Who has the capability can do without.
        CheckState failure = facts.Has(DoctorFacts.CAP_CHECKPOINT_RESTORE) ? CheckState.Limited : CheckState.Missing;
        return facts.Namespaces switch
        {
            NamespaceOutcome.Works => new(name, CheckState.Good, "a user and pid namespace with a /proc of its own can be made, so a restore needs no capability"),
            NamespaceOutcome.NotCreated => new(name, failure, $"no user and pid namespace can be made ({facts.NamespaceErrno})", facts.NamespaceErrno switch
            {
                Errno.ENOSPC => "sudo sysctl user.max_user_namespaces=10000 user.max_pid_namespaces=10000 user.max_mnt_namespaces=10000",
                Errno.EPERM when facts.SeccompMode != 0 => "run outside this container, or with a seccomp profile that allows user namespaces",
                Errno.EPERM => "sudo sysctl kernel.unprivileged_userns_clone=1",
                _ => "use a kernel with CONFIG_USER_NS and CONFIG_PID_NS",
            }),
            NamespaceOutcome.WithoutCapabilities => new(name, failure, "a user namespace can be made, but a security module takes its capabilities away",
                facts.AppArmorRestrictsNamespaces ? "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with userns for torpor" : "allow user namespaces for torpor in the policy"),
            NamespaceOutcome.WithoutProc => new(name, failure, "a user namespace can be made, but not with a /proc of its own, because parts of /proc are mounted over here",
                "run outside this container, or with its /proc unmasked"),
            _ => new(name, failure, $"the attempt to start a process in a user and pid namespace failed: {facts.NamespaceFailure}"),
        };
    }

    private static DoctorCheck CheckTimeNamespace(DoctorFacts facts) =>
        facts.TimeNamespaces
            ? new("time namespace", CheckState.Good, "in a private namespace the monotonic clock goes on without a jump")
            : new("time namespace", CheckState.Limited, "the monotonic clock of a restored process jumps after a reboot", "use a kernel with CONFIG_TIME_NS");

    private static DoctorCheck CheckCapability(DoctorFacts facts)
    {
        const string name = "CAP_CHECKPOINT_RESTORE";
        if (facts.Has(DoctorFacts.CAP_CHECKPOINT_RESTORE))
            return new(name, CheckState.Good, "a process can come back under its old pid (--same-pid)");
        const string remedy = "sudo setcap cap_checkpoint_restore+ep \"$(command -v torpor)\"";
        return facts.NoNewPrivileges
            ? new(name, CheckState.Limited, "not held, and no_new_privs keeps file capabilities from counting: processes come back in a private namespace", "start torpor outside of what set no_new_privs")
            : new(name, CheckState.Limited, "not held: processes come back in a private namespace, not under their old pid outside", remedy);
    }

    private static DoctorCheck CheckClone3(DoctorFacts facts) =>
        facts.Clone3 is Errno.ENOSYS or Errno.EPERM
            ? new("clone3", CheckState.Missing, "clone3 is filtered here, so no pid can be chosen", "run outside this container, or with a seccomp profile that allows clone3")
            : new("clone3", CheckState.Good, "processes and threads can be made under a chosen pid");

    private static DoctorCheck CheckPageScan(DoctorFacts facts) =>
        facts.PageScan
            ? new("PAGEMAP_SCAN", CheckState.Good, "the kernel tells which pages hold data in one call for each range")
            : new("PAGEMAP_SCAN", CheckState.Limited, "the kernel is older than 6.7, so memory is looked through page by page, which is slower");
}
