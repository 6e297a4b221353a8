namespace Torpor.Linux.Uapi;

/// <summary>asm/signal.h and asm-generic/siginfo.h, as on x86-64.</summary>
public static class Signal
{
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGQUIT = 3;
    public const int SIGILL = 4;
    public const int SIGTRAP = 5;
    public const int SIGABRT = 6;
    public const int SIGBUS = 7;
    public const int SIGFPE = 8;
    public const int SIGKILL = 9;
    public const int SIGUSR1 = 10;
    public const int SIGSEGV = 11;
    public const int SIGUSR2 = 12;
    public const int SIGPIPE = 13;
    public const int SIGALRM = 14;
    public const int SIGTERM = 15;
    public const int SIGSTKFLT = 16;
    public const int SIGCHLD = 17;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;
    public const int SIGTSTP = 20;
    public const int SIGTTIN = 21;
    public const int SIGTTOU = 22;
    public const int SIGURG = 23;
    public const int SIGXCPU = 24;
    public const int SIGXFSZ = 25;
    public const int SIGVTALRM = 26;
    public const int SIGPROF = 27;
    public const int SIGWINCH = 28;
    public const int SIGIO = 29;
    public const int SIGPWR = 30;
    public const int SIGSYS = 31;
    public const int SIGRTMIN = 32;
    public const int SIGRTMAX = 64;

    /// <summary>The number of signals; also _NSIG.</summary>
    public const int NSIG = 64;

    public const ulong SA_NOCLDSTOP = 0x00000001;
    public const ulong SA_NOCLDWAIT = 0x00000002;
    public const ulong SA_SIGINFO = 0x00000004;
    public const ulong SA_RESTORER = 0x04000000;
    public const ulong SA_ONSTACK = 0x08000000;
    public const ulong SA_RESTART = 0x10000000;
    public const ulong SA_NODEFER = 0x40000000;
    public const ulong SA_RESETHAND = 0x80000000;

    public const int SIG_BLOCK = 0;
    public const int SIG_UNBLOCK = 1;
    public const int SIG_SETMASK = 2;

    public const ulong SIG_DFL = 0;
    public const ulong SIG_IGN = 1;

    public const int SS_ONSTACK = 1;
    public const int SS_DISABLE = 2;
    public const uint SS_AUTODISARM = 1u << 31;

    public const int SI_USER = 0;
    public const int SI_KERNEL = 0x80;
    public const int SI_QUEUE = -1;
    public const int SI_TIMER = -2;
    public const int SI_MESGQ = -3;
    public const int SI_ASYNCIO = -4;
    public const int SI_SIGIO = -5;
    public const int SI_TKILL = -6;

    public const int SIGEV_SIGNAL = 0;
    public const int SIGEV_NONE = 1;
    public const int SIGEV_THREAD = 2;
    public const int SIGEV_THREAD_ID = 4;

    public const int CLD_EXITED = 1;
    public const int CLD_KILLED = 2;
    public const int CLD_DUMPED = 3;
    public const int CLD_TRAPPED = 4;
    public const int CLD_STOPPED = 5;
    public const int CLD_CONTINUED = 6;
}
