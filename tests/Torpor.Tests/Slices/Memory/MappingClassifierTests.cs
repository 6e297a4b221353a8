using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Slices.Memory;
using Xunit;

namespace Torpor.Tests.Slices.Memory;

public class MappingClassifierTests
{
    private static ClassifiedMapping? Classify(MemoryMapping mapping, out RefusalList refusals) =>
        MappingClassifier.Classify(mapping, refusals = new RefusalList("1 (test)"));

    [Theory]
    [InlineData("7f0000000000-7f0000001000 rw-p 00000000 00:00 0", MappingKind.AnonymousPrivate, MappingBacking.None)]
    [InlineData("7f0000000000-7f0000001000 rw-p 00000000 00:00 0 [heap]", MappingKind.AnonymousPrivate, MappingBacking.None)]
    [InlineData("7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]", MappingKind.AnonymousPrivate, MappingBacking.None)]
    [InlineData("7f0000000000-7f0000001000 rw-p 00000000 00:00 0 [anon:arena]", MappingKind.AnonymousPrivate, MappingBacking.None)]
    [InlineData("7f0000000000-7f0000001000 rw-p 00000000 00:05 8 /dev/zero", MappingKind.AnonymousPrivate, MappingBacking.None)]
    [InlineData("7f0000000000-7f0000001000 r-xp 00002000 fe:00 3316 /usr/lib/libc.so.6", MappingKind.FilePrivate, MappingBacking.File)]
    [InlineData("7f0000000000-7f0000001000 rw-p 00002000 fe:00 3316 /usr/lib/libc.so.6 (deleted)", MappingKind.FilePrivate, MappingBacking.DeletedFile)]
    [InlineData("7f0000000000-7f0000001000 rw-s 00000000 fe:00 3316 /tmp/data", MappingKind.FileShared, MappingBacking.File)]
    [InlineData("7f0000000000-7f0000001000 rw-s 00000000 00:1b 2 /dev/shm/data (deleted)", MappingKind.FileShared, MappingBacking.DeletedFile)]
    [InlineData("7f0000000000-7f0000001000 rw-s 00000000 00:01 1162 /dev/zero (deleted)", MappingKind.AnonymousShared, MappingBacking.SharedAnonymous)]
    [InlineData("7f0000000000-7f0000001000 rw-s 00000000 00:01 1162 [anon_shmem:pool]", MappingKind.AnonymousShared, MappingBacking.SharedAnonymous)]
    [InlineData("7f0000000000-7f0000001000 rw-s 00000000 00:01 1163 /memfd:doublemapper (deleted)", MappingKind.FileShared, MappingBacking.Memfd)]
    [InlineData("7f0000000000-7f0000001000 r-xp 00000000 00:01 1163 /memfd:doublemapper (deleted)", MappingKind.FilePrivate, MappingBacking.Memfd)]
    [InlineData("7f0000000000-7f0000004000 r--p 00000000 00:00 0 [vvar]", MappingKind.Vvar, MappingBacking.None)]
    [InlineData("7f0000000000-7f0000002000 r--p 00000000 00:00 0 [vvar_vclock]", MappingKind.Vvar, MappingBacking.None)]
    [InlineData("7f0000000000-7f0000002000 r-xp 00000000 00:00 0 [vdso]", MappingKind.Vdso, MappingBacking.None)]
    [InlineData("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]", MappingKind.Vsyscall, MappingBacking.None)]
    internal void Classify_KnownMapping_HasKindAndBacking(string line, MappingKind kind, MappingBacking backing)
    {
        ClassifiedMapping? mapping = Classify(Mappings.Parse(line), out RefusalList refusals);

        Assert.Empty(refusals.Items);
        Assert.Equal(kind, mapping!.State.Kind);
        Assert.Equal(backing, mapping.Backing);
    }

    [Theory]
    [InlineData("7f0000000000-7f0000001000 rw-s 00000000 00:01 32769 /SYSV00000000 (deleted)", "System V")]
    [InlineData("7f0000000000-7f0000001000 rw-s 00000000 00:10 1 /[aio] (deleted)", "asynchronous I/O")]
    [InlineData("7f0000000000-7f0000001000 rw-s 00000000 00:0f 1 anon_inode:[io_uring]", "io_uring")]
    [InlineData("7f0000000000-7f0000001000 rw-s 00000000 00:0f 1 anon_inode:[perf_event]", "performance events")]
    [InlineData("7f0000000000-7f0000001000 rw-s 00000000 00:08 77 socket:[77]", "packet socket")]
    [InlineData("7f0000000000-7f0000001000 rw-s 00000000 00:0f 1 anon_inode:kvm-vcpu:0", "not supported")]
    [InlineData("7f0000000000-7f0000001000 rw-s 00000000 00:01 5 /secretmem (deleted)", "secret")]
    [InlineData("7f0000000000-7f0000001000 --xp 00000000 00:00 0 [uprobes]", "uprobes")]
    [InlineData("7f0000000000-7f0000001000 --xp 00000000 00:00 0 [something new]", "not supported")]
    internal void Classify_ForeignObject_IsRefusedByName(string line, string reason)
    {
        Assert.Null(Classify(Mappings.Parse(line), out RefusalList refusals));

        Refusal refusal = Assert.Single(refusals.Items);
        Assert.Contains(reason, refusal.Reason, StringComparison.Ordinal);
        Assert.Contains("0x7f0000000000-0x7f0000001000", refusal.Object, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(VmFlags.UffdMissing, "userfaultfd")]
    [InlineData(VmFlags.UffdWriteProtect, "userfaultfd")]
    [InlineData(VmFlags.UffdMinor, "userfaultfd")]
    [InlineData(VmFlags.ShadowStack, "shadow stack")]
    [InlineData(VmFlags.PfnMap, "device")]
    [InlineData(VmFlags.Io, "device")]
    [InlineData(VmFlags.Sync, "MAP_SYNC")]
    internal void Classify_ForbiddenFlag_IsRefused(VmFlags flag, string reason)
    {
        Assert.Null(Classify(Mappings.Parse("7f0000000000-7f0000001000 rw-p 00000000 00:00 0", Mappings.Ordinary | flag), out RefusalList refusals));

        Assert.Contains(reason, Assert.Single(refusals.Items).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Classify_ProtectionKey_IsRefused()
    {
        Assert.Null(Classify(Mappings.Parse("7f0000000000-7f0000001000 rw-p 00000000 00:00 0", key: 3), out RefusalList refusals));

        Assert.Contains("key 3", Assert.Single(refusals.Items).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Classify_AdvisedAndLocked_KeepsAll()
    {
        const VmFlags flags = Mappings.Ordinary | VmFlags.DontDump | VmFlags.DontCopy | VmFlags.WipeOnFork | VmFlags.HugePage | VmFlags.Locked
            | VmFlags.LockOnFault | VmFlags.Sealed | VmFlags.GrowsDown | VmFlags.RandomRead;

        MappingState state = Classify(Mappings.Parse("7f0000000000-7f0000001000 rw-p 00000000 00:00 0", flags), out _)!.State;

        Assert.Equal((1UL << 1) | (1UL << 10) | (1UL << 14) | (1UL << 16) | (1UL << 18), state.Advice);
        Assert.True(state.Has(MappingTraits.Locked | MappingTraits.LockedOnFault | MappingTraits.Sealed | MappingTraits.GrowsDown | MappingTraits.Accounted));
    }

    [Fact]
    public void Classify_Droppable_ImpliesItsOwnAdvice()
    {
        const VmFlags flags = Mappings.Ordinary | VmFlags.Droppable | VmFlags.DontDump | VmFlags.WipeOnFork | VmFlags.NoReserve;

        MappingState state = Classify(Mappings.Parse("7f0000000000-7f0000001000 rw-p 00000000 00:00 0", flags), out _)!.State;

        Assert.Equal(0UL, state.Advice);
        Assert.True(state.Has(MappingTraits.Droppable));
        Assert.False(state.Has(MappingTraits.NoReserve));
    }

    [Fact]
    public void Classify_HugePages_KeepsTheirSize()
    {
        MappingState state = Classify(
            Mappings.Parse("7f0000000000-7f0000200000 rw-p 00000000 00:10 7 /anon_hugepage (deleted)", Mappings.Ordinary | VmFlags.HugeTlb, pageSizeKb: 2048), out _)!.State;

        Assert.True(state.Has(MappingTraits.HugePages));
        Assert.Equal(21, state.HugePageShift);
    }

    [Theory]
    [InlineData(VmFlags.MayWrite, true)]
    [InlineData(VmFlags.None, false)]
    internal void Classify_SharedFile_KnowsWhetherItWasOpenedForWriting(VmFlags may, bool expected)
    {
        MappingState state = Classify(Mappings.Parse("7f0000000000-7f0000001000 r--s 00000000 fe:00 3316 /tmp/data", VmFlags.Readable | VmFlags.MayRead | may), out _)!.State;

        Assert.Equal(expected, state.Has(MappingTraits.MayWrite));
    }
}
