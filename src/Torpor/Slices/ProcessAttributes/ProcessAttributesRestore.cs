using System.Globalization;
using System.Text;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Capability;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Membarrier;
using static Torpor.Linux.Uapi.Prctl;

namespace Torpor.Slices.ProcessAttributes;

/// <summary>The steps that bring back what belongs to the whole process.</summary>
internal sealed class ProcessAttributesRestore(RestoreContext context)
{
    private const int OomScoreLimit = 1000;

    private static readonly int[] Registrations =
    [
        MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
        MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ,
    ];

    private bool _mayWriteFiles;

    /// <summary>The tool may do this outside of any user namespace of the task's own.</summary>
    private bool HasResourcePrivilege => MayControlResources(context.Privilege);

    public void Compile(ProcessAttributesState state)
    {
        if (state.Personality == ProcessAttributesState.PersonalityQuery)
            throw new TorporException(FailureKind.ImageDamaged, "the image's personality is -1, which is none");
        context.Process.Call($"set the personality to 0x{state.Personality:x}", SyscallNumber.personality, state.Personality);
        if (state.ChildSubreaper)
            context.Process.Call("let it adopt orphans", SyscallNumber.prctl, PR_SET_CHILD_SUBREAPER, 1);
        if (state.ThpDisable != 0)
            context.Process.Call("disable transparent huge pages", SyscallNumber.prctl, PR_SET_THP_DISABLE, 1, state.ThpDisable & ~1u, 0, 0);
        CompileMembarrier(state.MembarrierRegistrations);
        CompileMemoryMerge(state);
        CompileOomScore(state);
        CompileCoredumpFilter(state);
        CompileLoginUid(state);
    }

    internal static bool MayControlResources(RestorePrivilege privilege) =>
        (privilege.Root || !privilege.PrivateNamespaces) && (ProcTask.Self.Status().CapEff & (1UL << CAP_SYS_RESOURCE)) != 0;

    private void CompileMembarrier(uint mask)
    {
        foreach (int command in Registrations)
        {
            if ((mask & command) != 0)
                context.Process.Call($"register for membarrier (command {command})", SyscallNumber.membarrier, command, 0, 0);
            mask &= ~(uint)command;
        }
        if (mask != 0)
            context.Refusals.Add($"membarrier registration 0x{mask:x}", "is not known here", "restore with a newer torpor");
    }

    private void CompileMemoryMerge(ProcessAttributesState state)
    {
        SyscallResult own = ProcessCalls.Prctl(PR_GET_MEMORY_MERGE);
        bool present = !own.IsError && own.Raw != 0;
        if (state.MemoryMerge == present)
            return;
        if (HasResourcePrivilege)
            context.Process.Call("set memory merging", SyscallNumber.prctl, PR_SET_MEMORY_MERGE, state.MemoryMerge ? 1 : 0, 0, 0, 0);
        else
            context.Notes.Add($"memory merging (KSM) is {(present ? "on" : "off")} unlike before, because setting it needs CAP_SYS_RESOURCE; it costs or saves memory only");
    }

    private void CompileOomScore(ProcessAttributesState state)
    {
        if (state.OomScoreAdjustment is not { } wanted)
            return;
        if (wanted is < -OomScoreLimit or > OomScoreLimit)
            throw new TorporException(FailureKind.ImageDamaged, $"the image's oom_score_adj is {wanted}, and the kernel's range is -1000 to 1000");
        int own = int.Parse(ProcTask.Self.ReadText("oom_score_adj"), CultureInfo.InvariantCulture);
        if (wanted == own)
            return;
        if (wanted < own && !HasResourcePrivilege)
        {
            throw new TorporException(FailureKind.PrivilegeMissing, $"the process's oom_score_adj was {wanted}; going below torpor's own {own} needs CAP_SYS_RESOURCE",
                "restore it as root, or from a session with a lower oom_score_adj");
        }
        Write("oom_score_adj", wanted.ToString(CultureInfo.InvariantCulture));
    }

    private void CompileCoredumpFilter(ProcessAttributesState state)
    {
        if (state.CoredumpFilter is not { } wanted || !ProcTask.Self.Exists("coredump_filter"))
            return;
        uint own = uint.Parse(ProcTask.Self.ReadText("coredump_filter").Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (wanted != own)
            Write("coredump_filter", $"0x{wanted:x}");
    }

    private void CompileLoginUid(ProcessAttributesState state)
    {
        if (state.LoginUid is not { } wanted || !ProcTask.Self.Exists("loginuid"))
            return;
        uint own = uint.Parse(ProcTask.Self.ReadText("loginuid"), CultureInfo.InvariantCulture);
        // It says on whose behalf a process was started, and that is now the restoring user.
        if (wanted != own)
            context.Notes.Add($"the login uid is torpor's own {Name(own)}; the process had {Name(wanted)}");
    }

    private static string Name(uint loginUid) => loginUid == uint.MaxValue ? "(unset)" : $"{loginUid}";

    private void Write(string file, string value)
    {
        if (!_mayWriteFiles)
        {
            // The files of a task that isn't dumpable belong to root, see proc(5). What it is in the end is set in the end.
            context.Process.Call("make it dumpable for a while", SyscallNumber.prctl, PR_SET_DUMPABLE, 1);
            _mayWriteFiles = true;
        }
        string path = $"/proc/self/{file}";
        byte[] text = Encoding.ASCII.GetBytes(value);
        int fd = context.Descriptors.Open(context.Process, $"open {path}", SyscallNumber.openat, AT_FDCWD, context.Process.Text(path), O_WRONLY | O_CLOEXEC, 0);
        context.Process.Call($"write {value} to {path}", Expectation.Exactly(text.Length), SyscallNumber.write, fd, context.Process.Data(text, 1), text.Length);
        context.Descriptors.Close(context.Process, fd);
    }
}
