using System.Runtime.InteropServices;
using Torpor.Linux;

namespace Torpor.Model;

/// <summary>Passes signals that this process gets on to another one while it waits for it.</summary>
internal sealed class SignalForwarding : IDisposable
{
    private const int SIGHUP = 1;
    private const int SIGINT = 2;
    private const int SIGQUIT = 3;
    private const int SIGUSR1 = 10;
    private const int SIGUSR2 = 12;
    private const int SIGTERM = 15;

    private readonly List<PosixSignalRegistration> _registrations = [];

    public SignalForwarding(Pid pid)
    {
        // A process of our own group gets what the terminal sends by itself.
        bool sameGroup = Group(pid.Value) == Group(0);
        int[] forwarded = sameGroup ? [SIGHUP, SIGTERM, SIGUSR1, SIGUSR2] : [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];
        int[] swallowed = sameGroup ? [SIGINT, SIGQUIT] : [];
        foreach (int signal in forwarded)
            Register(signal, () => Syscall.Invoke(SyscallNumber.kill, pid.Value, signal));
        foreach (int signal in swallowed)
            Register(signal, () => { });
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }

    private static long Group(int pid) => Syscall.Invoke(SyscallNumber.getpgid, pid).Raw;

    private void Register(int signal, Action action)
    {
        _registrations.Add(PosixSignalRegistration.Create((PosixSignal)ToManaged(signal), context =>
        {
            context.Cancel = true;
            action();
        }));
    }

    /// <summary>.NET names the portable signals by negative numbers and takes others raw.</summary>
    private static int ToManaged(int signal) => signal switch
    {
        SIGHUP => (int)PosixSignal.SIGHUP,
        SIGINT => (int)PosixSignal.SIGINT,
        SIGQUIT => (int)PosixSignal.SIGQUIT,
        SIGTERM => (int)PosixSignal.SIGTERM,
        _ => signal,
    };
}
