using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Tracing;

namespace Torpor;

/// <summary>Observes what this user may do here: reads settings, and tries what no setting tells reliably.</summary>
internal static class DoctorProbes
{
    /// <summary>Any will do: in a namespace of its own every pid is free.</summary>
    private const uint ProbePid = 4242;

    private const ulong RoomForPrograms = 0x10000;

    public static DoctorFacts Observe()
    {
        ProcStatus status = ProcTask.Self.Status();
        (NamespaceOutcome outcome, Errno errno, string? failure) = TryNamespaces();
        return new DoctorFacts
        {
            Kernel = Environment.OSVersion.Version,
            UserId = (int)status.Uids.Effective,
            EffectiveCapabilities = status.CapEff,
            NoNewPrivileges = status.NoNewPrivs,
            SeccompMode = (int)status.Seccomp,
            PtraceScope = ReadSetting("/proc/sys/kernel/yama/ptrace_scope"),
            Namespaces = outcome,
            NamespaceErrno = errno,
            NamespaceFailure = failure,
            AppArmorRestrictsNamespaces = ReadSetting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") != 0,
            TimeNamespaces = File.Exists("/proc/self/ns/time"),
            ForeignCalls = TryForeignCalls(),
            Clone3 = Syscall.Invoke(SyscallNumber.clone3).Errno,
            PageScan = TryPageScan(),
        };
    }

    /// <summary>Begins a restore of nothing in private namespaces, and ends it again: the steps that need no image show what would fail.</summary>
    private static (NamespaceOutcome Outcome, Errno Errno, string? Failure) TryNamespaces()
    {
        try
        {
            return TracerThread.Run(() =>
            {
                ProcStatus own = ProcTask.Self.Status();
                using RestoreSession session = RestoreSession.Start(new SessionOptions
                {
                    Layout = StubLayout.Find([], KernelMappings.Read(new Pid(Environment.ProcessId))),
                    InnerPid = ProbePid,
                    PrivateNamespaces = true,
                    UserNamespace = true,
                    Uid = own.Uids.Effective,
                    Gid = own.Gids.Effective,
                    Capabilities = (1UL << (DoctorFacts.CAP_CHECKPOINT_RESTORE + 1)) - 1,
                    Passed = [],
                    PassBase = 0,
                }, RoomForPrograms);
                return (NamespaceOutcome.Works, Errno.None, (string?)null);
            });
        }
        catch (LinuxException failure)
        {
            return (failure.Operation == "clone a stub" ? NamespaceOutcome.NotCreated : NamespaceOutcome.Failed, failure.Errno, failure.Message);
        }
        catch (PlanFailedException failure)
        {
            NamespaceOutcome outcome = (failure.Step?.Number, failure.Result.Errno) switch
            {
                (SyscallNumber.unshare, Errno.EPERM) => NamespaceOutcome.WithoutCapabilities,
                (SyscallNumber.unshare, _) => NamespaceOutcome.NotCreated,
                (SyscallNumber.mount, Errno.EPERM) => NamespaceOutcome.WithoutProc,
                _ => NamespaceOutcome.Failed,
            };
            return (outcome, failure.Result.Errno, failure.Message);
        }
    }

    /// <summary>Tries on this process itself what a checkpoint does to another: only a filter can be in the way of that.</summary>
    private static List<(string Call, Errno Result)> TryForeignCalls()
    {
        int self = Environment.ProcessId;
        var calls = new List<(string, Errno)>
        {
            ("process_vm_readv", Syscall.Invoke(SyscallNumber.process_vm_readv, self).Errno),
            ("kcmp", Syscall.Invoke(SyscallNumber.kcmp, self, self).Errno),
        };
        SyscallResult pidfd = Syscall.Invoke(SyscallNumber.pidfd_open, self);
        calls.Add(("pidfd_open", pidfd.Errno));
        if (!pidfd.IsError)
        {
            SyscallResult copy = Syscall.Invoke(SyscallNumber.pidfd_getfd, pidfd.Raw, pidfd.Raw);
            calls.Add(("pidfd_getfd", copy.Errno));
            if (!copy.IsError)
                Syscall.Invoke(SyscallNumber.close, copy.Raw);
            Syscall.Invoke(SyscallNumber.close, pidfd.Raw);
        }
        return calls;
    }

    /// <summary>An all-zero argument is invalid where the ioctl exists (EINVAL, EFAULT); elsewhere the file knows no ioctl (ENOTTY).</summary>
    private static bool TryPageScan()
    {
        const long PAGEMAP_SCAN = 0xc0606610;
        using var pagemap = new FileStream("/proc/self/pagemap", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        return Syscall.Invoke(SyscallNumber.ioctl, pagemap.SafeFileHandle.DangerousGetHandle(), PAGEMAP_SCAN).Errno != Errno.ENOTTY;
    }

    private static int ReadSetting(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(path), out int value) ? value : 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
