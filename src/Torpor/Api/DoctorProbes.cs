using System.Runtime.InteropServices;
using Torpor.Linux;

namespace Torpor;

/// <summary>Observes what this user may do here: reads settings, and tries what no setting tells reliably.</summary>
internal static class DoctorProbes
{
    private const int SIGCHLD = 17;
    private const int SIGKILL = 9;
    private const int WNOHANG = 1;
    private const long CLONE_NEWNS = 0x20000;
    private const long CLONE_NEWUSER = 0x10000000;
    private const long CLONE_NEWPID = 0x20000000;
    private const long MS_REC = 0x4000;
    private const long MS_PRIVATE = 0x40000;
    private const int NamespaceWithoutCapabilities = 1;
    private const int NamespaceWithoutProc = 2;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    public static DoctorFacts Observe()
    {
        Dictionary<string, string> status = ReadStatus();
        (NamespaceOutcome outcome, Errno errno) = TryNamespaces();
        return new DoctorFacts
        {
            Kernel = Environment.OSVersion.Version,
            UserId = (int)Number(status, "Uid", 10),
            EffectiveCapabilities = Number(status, "CapEff", 16),
            NoNewPrivileges = Number(status, "NoNewPrivs", 10) != 0,
            SeccompMode = (int)Number(status, "Seccomp", 10),
            PtraceScope = ReadSetting("/proc/sys/kernel/yama/ptrace_scope"),
            Namespaces = outcome,
            NamespaceErrno = errno,
            AppArmorRestrictsNamespaces = ReadSetting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") != 0,
            TimeNamespaces = File.Exists("/proc/self/ns/time"),
            ForeignCalls = TryForeignCalls(),
            Clone3 = Syscall.Invoke(SyscallNumber.clone3).Errno,
            PageScan = TryPageScan(),
        };
    }

    /// <summary>Makes the namespaces of a restore for a child that does nothing but mount its /proc and end.</summary>
    private static (NamespaceOutcome Outcome, Errno Errno) TryNamespaces()
    {
        nint root = Marshal.StringToCoTaskMemUTF8("/");
        nint proc = Marshal.StringToCoTaskMemUTF8("/proc");
        nint type = Marshal.StringToCoTaskMemUTF8("proc");
        try
        {
            // As fork(2) does, this leaves the child with one thread and a copy of everything else: no lock of the runtime
            // may be taken in it, so it makes plain system calls until it ends. Should it hang nevertheless, it is killed.
            SyscallResult child = Syscall.Invoke(SyscallNumber.clone, CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | SIGCHLD);
            if (child.Raw == 0)
            {
                if (Syscall.Invoke(SyscallNumber.mount, 0, root, 0, MS_REC | MS_PRIVATE).Raw < 0)
                    Syscall.Invoke(SyscallNumber.exit_group, NamespaceWithoutCapabilities);
                if (Syscall.Invoke(SyscallNumber.mount, proc, proc, type).Raw < 0)
                    Syscall.Invoke(SyscallNumber.exit_group, NamespaceWithoutProc);
                Syscall.Invoke(SyscallNumber.exit_group, 0);
            }
            return child.IsError ? (NamespaceOutcome.NotCreated, child.Errno) : (WaitFor(child.Raw), Errno.None);
        }
        finally
        {
            Marshal.FreeCoTaskMem(root);
            Marshal.FreeCoTaskMem(proc);
            Marshal.FreeCoTaskMem(type);
        }
    }

    private static NamespaceOutcome WaitFor(long child)
    {
        nint status = Marshal.AllocCoTaskMem(sizeof(int));
        try
        {
            DateTime deadline = DateTime.UtcNow + s_patience;
            while (Syscall.Invoke(SyscallNumber.wait4, child, status, WNOHANG).Raw == 0)
            {
                if (DateTime.UtcNow > deadline)
                {
                    Syscall.Invoke(SyscallNumber.kill, child, SIGKILL);
                    Syscall.Invoke(SyscallNumber.wait4, child, status);
                    return NamespaceOutcome.Unknown;
                }
                Thread.Sleep(1);
            }
            int value = Marshal.ReadInt32(status);
            bool exited = (value & 0x7f) == 0;
            return !exited ? NamespaceOutcome.Unknown : (value >> 8 & 0xff) switch
            {
                0 => NamespaceOutcome.Works,
                NamespaceWithoutCapabilities => NamespaceOutcome.WithoutCapabilities,
                NamespaceWithoutProc => NamespaceOutcome.WithoutProc,
                _ => NamespaceOutcome.Unknown,
            };
        }
        finally
        {
            Marshal.FreeCoTaskMem(status);
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

    private static Dictionary<string, string> ReadStatus()
    {
        var fields = new Dictionary<string, string>();
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            int colon = line.IndexOf(':');
            if (colon > 0)
                fields[line[..colon]] = line[(colon + 1)..].Trim();
        }
        return fields;
    }

    private static ulong Number(Dictionary<string, string> fields, string name, int radix)
    {
        if (!fields.TryGetValue(name, out string? text))
            return 0;
        // Uid has four numbers; the second is the effective one.
        string[] words = text.Split('\t', StringSplitOptions.RemoveEmptyEntries);
        return Convert.ToUInt64(words.Length > 1 ? words[1] : words[0], radix);
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
