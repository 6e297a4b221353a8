namespace Torpor.Linux.ProcFs;

/// <summary>The two-letter codes of the VmFlags line in /proc/PID/smaps, see proc_pid_smaps(5). The bit positions are Torpor's own.</summary>
[Flags]
public enum VmFlags : ulong
{
    None = 0,

    /// <summary><c>rd</c>: readable.</summary>
    Readable = 1UL << 0,

    /// <summary><c>wr</c>: writable.</summary>
    Writable = 1UL << 1,

    /// <summary><c>ex</c>: executable.</summary>
    Executable = 1UL << 2,

    /// <summary><c>sh</c>: shared.</summary>
    Shared = 1UL << 3,

    /// <summary><c>mr</c>: may be made readable.</summary>
    MayRead = 1UL << 4,

    /// <summary><c>mw</c>: may be made writable.</summary>
    MayWrite = 1UL << 5,

    /// <summary><c>me</c>: may be made executable.</summary>
    MayExecute = 1UL << 6,

    /// <summary><c>ms</c>: may be shared.</summary>
    MayShare = 1UL << 7,

    /// <summary><c>gd</c>: a stack that grows down, MAP_GROWSDOWN.</summary>
    GrowsDown = 1UL << 8,

    /// <summary><c>pf</c>: page frames without struct page.</summary>
    PfnMap = 1UL << 9,

    /// <summary><c>lo</c>: locked, mlock(2).</summary>
    Locked = 1UL << 10,

    /// <summary><c>io</c>: memory-mapped I/O of a device.</summary>
    Io = 1UL << 11,

    /// <summary><c>sr</c>: MADV_SEQUENTIAL.</summary>
    SequentialRead = 1UL << 12,

    /// <summary><c>rr</c>: MADV_RANDOM.</summary>
    RandomRead = 1UL << 13,

    /// <summary><c>dc</c>: not copied by fork, MADV_DONTFORK.</summary>
    DontCopy = 1UL << 14,

    /// <summary><c>de</c>: can't be enlarged by mremap(2).</summary>
    DontExpand = 1UL << 15,

    /// <summary><c>lf</c>: locked as pages come in, MLOCK_ONFAULT.</summary>
    LockOnFault = 1UL << 16,

    /// <summary><c>ac</c>: counts against the commit limit.</summary>
    Account = 1UL << 17,

    /// <summary><c>nr</c>: no swap space reserved, MAP_NORESERVE.</summary>
    NoReserve = 1UL << 18,

    /// <summary><c>ht</c>: huge pages of hugetlbfs.</summary>
    HugeTlb = 1UL << 19,

    /// <summary><c>sf</c>: synchronous page faults, MAP_SYNC.</summary>
    Sync = 1UL << 20,

    /// <summary><c>ar</c>: a flag of the architecture.</summary>
    Architecture = 1UL << 21,

    /// <summary><c>wf</c>: zero in a child, MADV_WIPEONFORK.</summary>
    WipeOnFork = 1UL << 22,

    /// <summary><c>dd</c>: not in core dumps, MADV_DONTDUMP.</summary>
    DontDump = 1UL << 23,

    /// <summary><c>sd</c>: written since soft-dirty bits were cleared.</summary>
    SoftDirty = 1UL << 24,

    /// <summary><c>mm</c>: holds both pages and bare page frames.</summary>
    MixedMap = 1UL << 25,

    /// <summary><c>hg</c>: MADV_HUGEPAGE.</summary>
    HugePage = 1UL << 26,

    /// <summary><c>nh</c>: MADV_NOHUGEPAGE.</summary>
    NoHugePage = 1UL << 27,

    /// <summary><c>mg</c>: MADV_MERGEABLE.</summary>
    Mergeable = 1UL << 28,

    /// <summary><c>bt</c>: branch target identification of arm64, PROT_BTI.</summary>
    BranchTargets = 1UL << 29,

    /// <summary><c>mt</c>: memory tagging of arm64, PROT_MTE.</summary>
    MemoryTagging = 1UL << 30,

    /// <summary><c>um</c>: userfaultfd reports missing pages.</summary>
    UffdMissing = 1UL << 31,

    /// <summary><c>uw</c>: userfaultfd write protection.</summary>
    UffdWriteProtect = 1UL << 32,

    /// <summary><c>ui</c>: userfaultfd reports minor faults.</summary>
    UffdMinor = 1UL << 33,

    /// <summary><c>ss</c>: a shadow stack.</summary>
    ShadowStack = 1UL << 34,

    /// <summary><c>sl</c>: sealed, mseal(2).</summary>
    Sealed = 1UL << 35,

    /// <summary><c>dp</c>: pages may be dropped instead of swapped, MAP_DROPPABLE.</summary>
    Droppable = 1UL << 36,

    /// <summary><c>gu</c>: may hold guard regions, MADV_GUARD_INSTALL.</summary>
    MayBeGuarded = 1UL << 37,
}

/// <summary>Between codes and flags.</summary>
internal static class VmFlagCodes
{
    /// <summary>The codes in the order of the bits.</summary>
    private static ReadOnlySpan<byte> Codes => "rdwrexshmrmwmemsgdpfloiosrrrdcdelfacnrhtsfarwfddsdmmhgnhmgbtmtumuwuisssldpgu"u8;

    /// <summary>The flag of a code; None for an unknown one.</summary>
    public static VmFlags Parse(byte first, byte second)
    {
        ReadOnlySpan<byte> codes = Codes;
        for (int i = 0; i < codes.Length; i += 2)
        {
            if (codes[i] == first && codes[i + 1] == second)
                return (VmFlags)(1UL << (i / 2));
        }
        return VmFlags.None;
    }
}
