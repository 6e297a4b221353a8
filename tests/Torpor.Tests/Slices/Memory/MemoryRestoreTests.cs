using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux.ProcFs;
using Torpor.Slices.Memory;
using Xunit;

namespace Torpor.Tests.Slices.Memory;

public sealed class MemoryRestoreTests : IDisposable
{
    private const ulong Page = PlanBench.Page;

    private readonly PlanBench _bench = new();

    public void Dispose() => _bench.Dispose();

    private TorporException Fails() => Assert.Throws<TorporException>(() => _bench.Compile());

    [Fact]
    public void Compile_TypicalLayout_HasThePlan()
    {
        uint library = _bench.AddFile();
        _bench.Map(0x400000, 2, MappingKind.FilePrivate, s => s with { Protection = ProtectionFlags.PROT_READ, BackingId = library, Offset = Page });
        _bench.Map(0x500000, 1);
        _bench.Map(0x600000, 4, change: s => s with { Protection = ProtectionFlags.PROT_NONE, Traits = MappingTraits.NoReserve });
        _bench.Map(0x700000, 4, change: s => s with { Traits = s.Traits | MappingTraits.GrowsDown | MappingTraits.Stack });
        _bench.Pagemaps.Add((ImageName.Pagemap(7), 1, [(0x401000, 1), (0x500000, 1), (0x702000, 2)]));

        Assert.Equal(
        [
            "openat(-100, data+0x0, 0x80000, 0) = 0  # open FILE",
            "mmap(0x400000, 0x2000, 3, 0x100002, 0, 0x1000) = 0x400000  # map FILE at 0x400000-0x402000",
            "close(0) ok  # close descriptor 0",
            "mmap(0x500000, 0x1000, 3, 0x100022, -1, 0) = 0x500000  # map anonymous memory at 0x500000-0x501000",
            "mmap(0x600000, 0x4000, 0, 0x104022, -1, 0) = 0x600000  # map anonymous memory at 0x600000-0x604000",
            "mmap(0x700000, 0x4000, 3, 0x100122, -1, 0) = 0x700000  # map anonymous memory at 0x700000-0x704000",
            "preadv(200, DATA, 3, 0, 0) = 0x4000  # read memory in 3 places from 0x401000-0x402000",
            "mprotect(0x400000, 0x2000, 1) = 0  # protect memory at 0x400000-0x402000",
            "openat(-100, DATA, 0x80000, 0) = 0  # open FILE",
            "prctl(35, 14, DATA, 104, 0) = 0  # set the address fields and the executable FILE",
            "close(0) ok  # close descriptor 0",
        ], Undated(_bench.Compile()));
    }

    /// <summary>The path's length moves what follows it in the data area.</summary>
    private static IEnumerable<string> Undated(IEnumerable<string> steps) =>
        steps.Select(s => System.Text.RegularExpressions.Regex.Replace(s, @"data\+0x[1-9a-f][0-9a-f]*", "DATA"));

    [Fact]
    public void Compile_TraitsOfMemory_ComeInTheKernelsOrder()
    {
        _bench.Map(0x500000, 8, change: s => s with
        {
            Advice = (1UL << 14) | (1UL << 16),
            Traits = s.Traits | MappingTraits.Locked | MappingTraits.LockedOnFault | MappingTraits.Sealed,
            Name = "arena",
            Guards = [new AddressRange(0x501000, 0x502000)],
        });
        _bench.Pagemaps.Add((ImageName.Pagemap(7), 1, [(0x500000, 1)]));

        string[] calls = [.. _bench.Compile().Select(s => s[..s.IndexOf('(', StringComparison.Ordinal)])];

        Assert.Equal(["mmap", "madvise", "madvise", "pread64", "prctl", "openat", "prctl", "close", "madvise", "mlock2", "mseal"], calls);
    }

    [Fact]
    public void Compile_SharedMemoryInOnePiece_IsMadeInPlace()
    {
        _bench.Map(0x500000, 4, MappingKind.AnonymousShared, s => s with { BackingId = 3 });
        _bench.Pagemaps.Add((ImageName.SharedPagemap(3), 2, [(Page, 2)]));

        string[] plan = _bench.Compile();

        Assert.StartsWith("mmap(0x500000, 0x4000, 3, 0x100021, -1, 0)", plan[0], StringComparison.Ordinal);
        Assert.StartsWith("pread64(200, 0x501000, 0x2000, 0) = 0x2000", plan[1], StringComparison.Ordinal);
        Assert.DoesNotContain(plan, s => s.StartsWith("mremap", StringComparison.Ordinal));
    }

    [Fact]
    public void Compile_SharedMemoryWithTwoViews_IsOneObject()
    {
        _bench.Map(0x500000, 4, MappingKind.AnonymousShared, s => s with { BackingId = 3 });
        _bench.Map(0x600000, 2, MappingKind.AnonymousShared, s => s with { BackingId = 3, Offset = 2 * Page, Protection = ProtectionFlags.PROT_READ });
        _bench.Pagemaps.Add((ImageName.SharedPagemap(3), 2, [(Page, 2)]));

        string[] plan = _bench.Compile();

        Assert.Single(plan, s => s.StartsWith("mmap", StringComparison.Ordinal));
        Assert.Equal(2, plan.Count(s => s.StartsWith("mremap", StringComparison.Ordinal)));
        Assert.Single(plan, s => s.StartsWith("mprotect(0x600000, 0x2000, 1)", StringComparison.Ordinal));
        Assert.Single(plan, s => s.StartsWith("munmap", StringComparison.Ordinal));
    }

    [Fact]
    public void Compile_MemfdWithoutDescriptor_IsMadeFilledAndClosed()
    {
        _bench.Images.MemfdInodes.Add(new MemfdInodeEntry { Name = "buffer", Uid = 0, Gid = 0, Size = 4 * Page, Shmid = 9, Seals = 0, InodeId = 9 });
        uint file = _bench.Images.AddFile(new FileEntry { Type = FdTypes.Memfd, Memfd = new MemfdFileEntry { Id = 1, Flags = 2, Pos = 0, Fown = MappedFiles.NoOwner(), InodeId = 9 } });
        _bench.Map(0x500000, 4, MappingKind.FileShared, s => s with { BackingId = file, Traits = MappingTraits.Memfd | MappingTraits.MayWrite });
        _bench.Pagemaps.Add((ImageName.SharedPagemap(9), 2, [(Page, 1)]));

        string[] calls = [.. _bench.Compile().Select(s => s[..s.IndexOf('(', StringComparison.Ordinal)])];

        Assert.Equal(["memfd_create", "ftruncate", "dup3", "close", "openat", "mmap", "pread64", "munmap", "close", "openat", "mmap", "close", "openat", "prctl", "close"], calls);
    }

    [Fact]
    public void Compile_HugeReservationWithPages_IsNotCounted()
    {
        _bench.Map(0x10_0000_0000, 1UL << 26, change: s => s with { Protection = ProtectionFlags.PROT_NONE, Traits = MappingTraits.None });
        _bench.Pagemaps.Add((ImageName.Pagemap(7), 1, [(0x10_0000_0000, 1)]));

        string[] plan = _bench.Compile();

        Assert.StartsWith("mmap(0x1000000000, 0x4000000000, 2, 0x104022, -1, 0)", plan[0], StringComparison.Ordinal);
        Assert.StartsWith("mprotect(0x1000000000, 0x4000000000, 0)", plan[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_PagesOutsideOfMemory_AreDamage()
    {
        _bench.Map(0x500000, 2);
        _bench.Pagemaps.Add((ImageName.Pagemap(7), 1, [(0x501000, 2)]));

        Assert.Equal(FailureKind.ImageDamaged, Fails().Kind);
    }

    [Fact]
    public void Compile_PagesOfSharedMemoryInTheProcess_AreDamage()
    {
        _bench.Map(0x500000, 2, MappingKind.AnonymousShared);
        _bench.Pagemaps.Add((ImageName.Pagemap(7), 1, [(0x500000, 1)]));

        Assert.Equal(FailureKind.ImageDamaged, Fails().Kind);
    }

    [Fact]
    public void Compile_MissingFile_IsDamage()
    {
        _bench.Map(0x500000, 2, MappingKind.FilePrivate, s => s with { BackingId = 99 });

        Assert.Equal(FailureKind.ImageDamaged, Fails().Kind);
    }

    [Fact]
    public void Compile_MappingOfAPipe_IsDamage()
    {
        uint pipe = _bench.Images.AddFile(new FileEntry { Type = FdTypes.Pipe });
        _bench.Map(0x500000, 2, MappingKind.FilePrivate, s => s with { BackingId = pipe });

        Assert.Equal(FailureKind.ImageDamaged, Fails().Kind);
    }

    [Fact]
    public void Compile_MissingMemfdInode_IsDamage()
    {
        uint file = _bench.Images.AddFile(new FileEntry { Type = FdTypes.Memfd, Memfd = new MemfdFileEntry { InodeId = 5 } });
        _bench.Map(0x500000, 2, MappingKind.FileShared, s => s with { BackingId = file });

        Assert.Equal(FailureKind.ImageDamaged, Fails().Kind);
    }

    [Theory]
    [InlineData("relative/path")]
    [InlineData("")]
    public void Compile_ImpossiblePath_IsDamage(string path)
    {
        uint file = _bench.AddFile(f => f.Name = path);
        _bench.Map(0x500000, 2, MappingKind.FilePrivate, s => s with { BackingId = file });

        Assert.Equal(FailureKind.ImageDamaged, Fails().Kind);
    }

    [Fact]
    public void Compile_FileOfAnotherSize_HasChanged()
    {
        uint file = _bench.AddFile(f => f.Size = 8);
        _bench.Map(0x500000, 2, MappingKind.FilePrivate, s => s with { BackingId = file });

        TorporException error = Fails();
        Assert.Equal(FailureKind.FileChanged, error.Kind);
        Assert.Contains(_bench.FilePath, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Remedy);
    }

    [Fact]
    public void Compile_FileOfAnotherBuild_HasChanged()
    {
        uint file = _bench.AddFile(f => f.BuildId.Add(1));
        _bench.Map(0x500000, 2, MappingKind.FilePrivate, s => s with { BackingId = file });

        Assert.Equal(FailureKind.FileChanged, Fails().Kind);
    }

    [Fact]
    public void Compile_FileThatIsGone_HasChanged()
    {
        uint file = _bench.AddFile(f => f.Name = "/nonexistent/library.so");
        _bench.Map(0x500000, 2, MappingKind.FilePrivate, s => s with { BackingId = file });

        Assert.Equal(FailureKind.FileChanged, Fails().Kind);
    }

    [Fact]
    public void Compile_FileThatIsGoneWithACopy_IsMadeAnew()
    {
        string path = _bench.FilePath + ".gone";
        uint file = _bench.AddFile(f => (f.Name, f.Size, f.Mode, f.TorporCopy) = (path, 2 * Page, 0x8180, 4));
        _bench.Map(0x500000, 2, MappingKind.FileShared, s => s with { BackingId = file, Traits = MappingTraits.MayWrite });
        _bench.Pagemaps.Add((ImageName.SharedPagemap(4), 2, [(Page, 1)]));

        string[] plan = _bench.Compile();

        Assert.Equal(["openat", "fchmod", "ftruncate", "mmap", "pread64", "munmap", "close", "openat", "mmap", "close"],
            plan.Take(10).Select(s => s[..s.IndexOf('(', StringComparison.Ordinal)]));
        Assert.Contains(", 0xa00c2, 384)", plan[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_FileThatIsThereWithACopy_IsLeftAlone()
    {
        uint file = _bench.AddFile(f => f.TorporCopy = 4);
        _bench.Map(0x500000, 1, MappingKind.FileShared, s => s with { BackingId = file, Traits = MappingTraits.MayWrite });
        _bench.Pagemaps.Add((ImageName.SharedPagemap(4), 2, [(0, 1)]));

        Assert.DoesNotContain(_bench.Compile(), s => s.Contains("anew", StringComparison.Ordinal));
    }

    [Fact]
    public void Compile_CopyOfALargeFile_IsDamage()
    {
        uint file = _bench.AddFile(f => (f.Name, f.Size, f.TorporCopy) = ("/nonexistent-file", 1UL << 40, 4));
        _bench.Map(0x500000, 1, MappingKind.FileShared, s => s with { BackingId = file, Traits = MappingTraits.MayWrite });

        Assert.Equal(FailureKind.ImageDamaged, Fails().Kind);
    }

    [Fact]
    public void Compile_WithoutPrivilege_SaysWhichIsMissing()
    {
        _bench.Privilege = new(false, false, false);

        Assert.Equal(FailureKind.PrivilegeMissing, Fails().Kind);
    }

    [Fact]
    public void Compile_AreasThatEndBeforeTheyStart_AreDamage()
    {
        _bench.Images.Mm.MmArgStart = 0x1000;

        Assert.Equal(FailureKind.ImageDamaged, Fails().Kind);
    }

    [Fact]
    public void Compile_EndlessAuxiliaryVector_IsDamage()
    {
        _bench.Images.Mm.MmSavedAuxv.AddRange(new ulong[1000]);

        Assert.Equal(FailureKind.ImageDamaged, Fails().Kind);
    }
}
