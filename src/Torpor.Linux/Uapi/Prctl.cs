namespace Torpor.Linux.Uapi;

/// <summary>linux/prctl.h, and ARCH_* of asm/prctl.h on x86-64.</summary>
public static class Prctl
{
    public const int PR_SET_PDEATHSIG = 1;
    public const int PR_GET_PDEATHSIG = 2;
    public const int PR_GET_DUMPABLE = 3;
    public const int PR_SET_DUMPABLE = 4;
    public const int PR_GET_KEEPCAPS = 7;
    public const int PR_SET_KEEPCAPS = 8;
    public const int PR_SET_NAME = 15;
    public const int PR_GET_NAME = 16;
    public const int PR_GET_SECCOMP = 21;
    public const int PR_SET_SECCOMP = 22;
    public const int PR_CAPBSET_READ = 23;
    public const int PR_CAPBSET_DROP = 24;
    public const int PR_GET_TSC = 25;
    public const int PR_SET_TSC = 26;
    public const int PR_GET_SECUREBITS = 27;
    public const int PR_SET_SECUREBITS = 28;
    public const int PR_SET_TIMERSLACK = 29;
    public const int PR_GET_TIMERSLACK = 30;
    public const int PR_MCE_KILL = 33;
    public const int PR_MCE_KILL_GET = 34;
    public const int PR_SET_MM = 35;
    public const int PR_SET_CHILD_SUBREAPER = 36;
    public const int PR_GET_CHILD_SUBREAPER = 37;
    public const int PR_SET_NO_NEW_PRIVS = 38;
    public const int PR_GET_NO_NEW_PRIVS = 39;
    public const int PR_GET_TID_ADDRESS = 40;
    public const int PR_SET_THP_DISABLE = 41;
    public const int PR_GET_THP_DISABLE = 42;
    public const int PR_CAP_AMBIENT = 47;
    public const int PR_GET_SPECULATION_CTRL = 52;
    public const int PR_SET_SPECULATION_CTRL = 53;
    public const int PR_SET_IO_FLUSHER = 57;
    public const int PR_GET_IO_FLUSHER = 58;
    public const int PR_SET_SYSCALL_USER_DISPATCH = 59;
    public const int PR_SCHED_CORE = 62;
    public const int PR_SET_MDWE = 65;
    public const int PR_GET_MDWE = 66;
    public const int PR_SET_MEMORY_MERGE = 67;
    public const int PR_GET_MEMORY_MERGE = 68;
    public const int PR_TIMER_CREATE_RESTORE_IDS = 77;
    public const int PR_SET_VMA = 0x53564d41;
    public const int PR_SET_PTRACER = 0x59616d61;

    public const int PR_SET_VMA_ANON_NAME = 0;

    public const int PR_SET_MM_MAP = 14;
    public const int PR_SET_MM_MAP_SIZE = 15;

    public const int PR_CAP_AMBIENT_IS_SET = 1;
    public const int PR_CAP_AMBIENT_RAISE = 2;
    public const int PR_CAP_AMBIENT_LOWER = 3;
    public const int PR_CAP_AMBIENT_CLEAR_ALL = 4;

    public const int PR_TIMER_CREATE_RESTORE_IDS_OFF = 0;
    public const int PR_TIMER_CREATE_RESTORE_IDS_ON = 1;
    public const int PR_TIMER_CREATE_RESTORE_IDS_GET = 2;

    public const int ARCH_SET_GS = 0x1001;
    public const int ARCH_SET_FS = 0x1002;
    public const int ARCH_GET_FS = 0x1003;
    public const int ARCH_GET_GS = 0x1004;
    public const int ARCH_GET_CPUID = 0x1011;
    public const int ARCH_SET_CPUID = 0x1012;
    public const int ARCH_MAP_VDSO_X32 = 0x2001;
    public const int ARCH_MAP_VDSO_32 = 0x2002;
    public const int ARCH_MAP_VDSO_64 = 0x2003;
    public const int ARCH_SHSTK_STATUS = 0x5005;
}
