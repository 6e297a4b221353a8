using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Slices.FileLocks;
using Torpor.Tracing;
using Xunit;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Tests.Slices.FileLocks;

public class FileLocksTests
{
    [Theory]
    [InlineData(FileLockKind.Posix, F_WRLCK, false, 1, 1)]
    [InlineData(FileLockKind.Flock, F_RDLCK, false, 2, 0)]
    [InlineData(FileLockKind.OpenFileDescription, F_RDLCK, false, 4, 0)]
    [InlineData(FileLockKind.Lease, F_WRLCK, false, 8, 1)]
    [InlineData(FileLockKind.Lease, F_UNLCK, true, 8, 6)]
    public void Image_RoundTrip_Same(FileLockKind kind, int type, bool breaking, uint flag, uint imageType)
    {
        var state = new FileLockState(kind, type, breaking, 7, 10, 20);
        FileLockEntry entry = FileLockImage.ToEntry(state, 42);
        Assert.Equal((flag, imageType, 42), (entry.Flag, entry.Type, entry.Pid));
        Assert.Equal(state, FileLockImage.FromEntry(entry));
    }

    [Theory]
    [InlineData(3, 0, 0, 0)]
    [InlineData(1, 2, 0, 0)]
    [InlineData(1, 4, 0, 0)]
    [InlineData(1, 0, -1, 0)]
    [InlineData(1, 0, 0, -1)]
    [InlineData(1, 0, 2, long.MaxValue - 1)]
    public void FromEntry_Impossible_Damaged(uint flag, uint type, long start, long length)
    {
        var entry = new FileLockEntry { Flag = flag, Type = type, Pid = 42, Fd = 3, Start = start, Len = length };
        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => FileLockImage.FromEntry(entry)).Kind);
    }

    private static SyscallProgram Compile(FileLockState state, int pid = 42, int fd = 7, FownEntry? owner = null)
    {
        RestoreContext context = Plan.Context((42, new CoreEntry()));
        context.Images.AddFile(new FileEntry { Type = FdTypes.Reg, Reg = new RegFileEntry { Name = "/var/f", Flags = O_RDONLY, Fown = owner ?? new FownEntry() } });
        context.Images.Descriptors.Add(new FdinfoEntry { Id = 1, Fd = 7 });
        context.Images.Tree.FileLocks.Add(FileLockImage.ToEntry(state with { Fd = fd }, (uint)pid));
        new FileLocksSlice().Compile(context.Tree);
        return context.Leader.Program;
    }

    [Fact]
    public void Compile_PosixLock_DoesNotWait()
    {
        SyscallProgram program = Compile(new FileLockState(FileLockKind.Posix, F_WRLCK, false, 7, 10, 20));
        SyscallStep step = Assert.Single(program.Steps);
        Assert.Equal((SyscallNumber.fcntl, 7UL, (ulong)F_SETLK), (step.Number, step.Arguments[0].Value, step.Arguments[1].Value));
        byte[] flock = Plan.Argument(program, 0, 2, 32);
        Assert.Equal((F_WRLCK, 10L, 20L), (BitConverter.ToInt16(flock), BitConverter.ToInt64(flock, 8), BitConverter.ToInt64(flock, 16)));
        Assert.Contains("/var/f", step.Purpose);
    }

    [Fact]
    public void Compile_BreakingLease_IsBrokenWhileNobodyIsTold()
    {
        SyscallProgram program = Compile(new FileLockState(FileLockKind.Lease, F_UNLCK, true, 7, 0, 0), owner: new FownEntry { Pid = 42, PidType = F_OWNER_PID });
        Assert.Equal([(ulong)F_SETLEASE, (ulong)F_SETOWN, 0UL, (ulong)F_SETOWN_EX], program.Steps.Select(step => step.Number == SyscallNumber.fcntl ? step.Arguments[1].Value : 0));
        Assert.Equal(SyscallNumber.openat, program.Steps[2].Number);
    }

    [Theory]
    [InlineData(43, 7)]
    [InlineData(42, 8)]
    public void Compile_DanglingReference_Damaged(int pid, int fd) =>
        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => Compile(new FileLockState(FileLockKind.Flock, F_WRLCK, false, 7, 0, 0), pid, fd)).Kind);
}
