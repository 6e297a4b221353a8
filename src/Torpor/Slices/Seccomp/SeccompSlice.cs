using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Linux.Uapi;
using Torpor.Model;

namespace Torpor.Slices.Seccomp;

/// <summary>
/// What each thread's system calls go through: strict mode, or its own chain of filters. While such a thread runs programs of
/// ours, at checkpoint or restore, both are suspended by ptrace(2), for which, as for reading filters, the kernel wants
/// CAP_SYS_ADMIN in the initial user namespace.
/// </summary>
internal sealed class SeccompSlice : ISlice
{
    private const string Remedy = "do it as root outside of any container, or run the program without its filter (for example outside of the sandbox that sets it)";

    public string Name => "seccomp";

    public void Inspect(CaptureContext context)
    {
        List<SeccompState> states = [];
        foreach (CapturedThread thread in context.Threads)
        {
            ProcStatus status = thread.Proc.Status();
            states.Add(status.Seccomp == Linux.Uapi.Seccomp.SECCOMP_MODE_DISABLED ? SeccompState.None : Inspect(context, thread, status));
        }
        context.State.Set(new Found(states));
    }

    private static SeccompState Inspect(CaptureContext context, CapturedThread thread, ProcStatus status)
    {
        string name = $"thread {thread.InnerTid}";
        var mode = (SeccompMode)status.Seccomp;
        if (!Ptrace.TrySetOptions(thread.Tid, PtraceOptions.PTRACE_O_TRACESYSGOOD | PtraceOptions.PTRACE_O_SUSPEND_SECCOMP, out _))
        {
            context.Refusals.Add(name, $"{Describe(mode)}, which only CAP_SYS_ADMIN of the initial user namespace may suspend and read", Remedy);
            return SeccompState.None;
        }
        if (mode == SeccompMode.Strict)
            return new SeccompState(mode, []);
        List<FilterState> chain = [];
        try
        {
            for (int i = 0; i < Count(thread, status); i++)
                chain.Add(new FilterState(Ptrace.GetSeccompFilter(thread.Tid, i), (uint)Ptrace.GetSeccompFlags(thread.Tid, i)));
        }
        catch (LinuxException e)
        {
            context.Refusals.Add(name, $"{Describe(mode)}, which can't be read ({e.Errno})", Remedy);
        }
        if (chain.Exists(filter => filter.Notifies))
            context.Refusals.Add(name, "runs under a seccomp filter that asks another process (SECCOMP_RET_USER_NOTIF), which can't be connected again", "run the program without its supervisor");
        return new SeccompState(mode, chain);
    }

    /// <summary>Linux 5.9, the oldest that is supported, is the first to tell.</summary>
    private static int Count(CapturedThread thread, ProcStatus status) =>
        status.SeccompFilters ?? throw new LinuxException($"count the seccomp filters of thread {thread.Tid}", Errno.ENOSYS);

    public void Capture(CaptureContext context)
    {
        IReadOnlyList<SeccompState> states = context.State.Get<Found>().States;
        for (int i = 0; i < states.Count; i++)
            SeccompImage.ToImage(states[i], context.Threads[i].Core.ThreadCore ??= new(), context.Images.Tree.SeccompFilters);
    }

    public void Compile(RestoreContext context)
    {
        List<SeccompState> states = [];
        foreach (RestoredThread thread in context.Threads)
        {
            SeccompState state = SeccompImage.FromImage(thread.Core.ThreadCore, context.Leader.Core.Tc, context.Images.Tree.SeccompFilters);
            if (state.Mode != SeccompMode.Disabled && !MayInstall(context.Privilege))
                context.Refusals.Add($"thread {thread.InnerTid}", $"{Describe(state.Mode)}, which only CAP_SYS_ADMIN of the initial user namespace may suspend until the end of a restore", Remedy);
            context.Tree.SuspendSeccomp |= state.Mode != SeccompMode.Disabled;
            states.Add(state);
        }
        if (context.Refusals.Items.Count == 0)
            SeccompRestore.Compile(context, states);
    }

    private static bool MayInstall(RestorePrivilege privilege) =>
        privilege.Root && ProcTask.Self.Status().Seccomp == Linux.Uapi.Seccomp.SECCOMP_MODE_DISABLED && InInitialUserNamespace();

    /// <summary>Only the initial user namespace maps every id to itself.</summary>
    private static bool InInitialUserNamespace() =>
        ProcTask.Self.ReadText("uid_map").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is ["0", "0", "4294967295"];

    private static string Describe(SeccompMode mode) => mode == SeccompMode.Strict ? "runs in seccomp's strict mode" : "runs under a seccomp filter";

    private sealed record Found(IReadOnlyList<SeccompState> States);
}
