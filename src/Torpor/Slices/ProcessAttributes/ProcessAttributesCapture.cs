using System.Globalization;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Membarrier;
using static Torpor.Linux.Uapi.Prctl;

namespace Torpor.Slices.ProcessAttributes;

/// <summary>The questions to the leader about its process, and what is made of the answers.</summary>
internal sealed class ProcessAttributesCapture
{
    private const int SuidDumpable = 2;

    private readonly DataReference _subreaper;
    private readonly StepReference _dumpable;
    private readonly StepReference _thp;
    private readonly StepReference _mdwe;
    private readonly StepReference _merge;
    private readonly StepReference _membarrier;

    public ProcessAttributesCapture(SyscallProgram query)
    {
        _subreaper = query.Space(sizeof(int));
        query.Call("ask whether it adopts orphans", SyscallNumber.prctl, PR_GET_CHILD_SUBREAPER, _subreaper);
        _dumpable = query.Call("ask whether it is dumpable", SyscallNumber.prctl, PR_GET_DUMPABLE);
        _thp = Ask(query, "ask about huge pages", PR_GET_THP_DISABLE);
        _mdwe = Ask(query, "ask about executable memory", PR_GET_MDWE);
        _merge = Ask(query, "ask about memory merging", PR_GET_MEMORY_MERGE);
        _membarrier = query.Call("ask for membarrier registrations", Expectation.Any, SyscallNumber.membarrier, MEMBARRIER_CMD_GET_REGISTRATIONS, 0, 0);
    }

    public static void Inspect(CaptureContext context)
    {
        foreach (CapturedThread thread in context.Threads)
        {
            if (Ptrace.HasSyscallUserDispatch(thread.Tid))
                context.Refusals.Add($"thread {thread.InnerTid}", "has its system calls dispatched to itself (PR_SET_SYSCALL_USER_DISPATCH), which is not supported");
        }
    }

    public void Capture(CaptureContext context)
    {
        ProgramResult answers = context.Leader.Answers!;
        long dumpable = answers[_dumpable].OrThrow("prctl PR_GET_DUMPABLE");
        if (dumpable >= SuidDumpable)
            context.Refusals.Add("its dumpable setting", "is 2 (suidsafe), which only the kernel itself can set", "start the program as an ordinary one, without set-user-id or file capabilities");
        ProcTask proc = context.Proc;
        var state = new ProcessAttributesState
        {
            Comm = context.Leader.Proc.ReadText("comm").TrimEnd('\n'),
            Personality = Personality(proc),
            OomScoreAdjustment = int.Parse(proc.ReadText("oom_score_adj"), CultureInfo.InvariantCulture),
            LoginUid = proc.Exists("loginuid") ? uint.Parse(proc.ReadText("loginuid"), CultureInfo.InvariantCulture) : null,
            ChildSubreaper = BitConverter.ToInt32(answers[_subreaper]) != 0,
            MembarrierRegistrations = ValueOrZero(answers[_membarrier]),
            CoredumpFilter = proc.Exists("coredump_filter") ? Hexadecimal(proc, "coredump_filter") : null,
            ThpDisable = ValueOrZero(answers[_thp]),
            Mdwe = ValueOrZero(answers[_mdwe]),
            MemoryMerge = ValueOrZero(answers[_merge]) != 0,
            Dumpable = (int)dumpable,
        };
        state.ToImage(context.Leader.Core.Tc ??= new TaskCoreEntry(), context.Images.Mm);
    }

    // Older kernels know neither some of the questions nor what they ask for.
    private static StepReference Ask(SyscallProgram query, string purpose, int option) => query.Call(purpose, Expectation.Any, SyscallNumber.prctl, option);

    private static uint ValueOrZero(SyscallResult result) => result.IsError ? 0 : (uint)result.Raw;

    internal static uint Personality(ProcTask proc) => Hexadecimal(proc, "personality");

    private static uint Hexadecimal(ProcTask proc, string name) => uint.Parse(proc.ReadText(name).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
