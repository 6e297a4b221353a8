using System.Buffers.Binary;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.FileLocks;

/// <summary>Takes locks and leases again. None of the calls waits: what is held by another by now is an error.</summary>
internal sealed class FileLocksRestore(SyscallProgram program)
{
    /// <summary>The size of <c>struct flock</c>.</summary>
    private const int FlockSize = 32;

    /// <param name="state">What was held.</param>
    /// <param name="file">The description it was held through, which is in place.</param>
    public void Compile(FileLockState state, FileEntry file)
    {
        string name = (file.Reg?.Name is { Length: > 0 } path ? path + ", " : "") + $"descriptor {state.Fd}";
        string type = state.Type == F_RDLCK ? "read" : "write";
        switch (state.Kind)
        {
            case FileLockKind.Flock:
                program.Call($"lock {name} (flock, {type})", SyscallNumber.flock, state.Fd, (state.Type == F_RDLCK ? LOCK_SH : LOCK_EX) | LOCK_NB);
                break;
            case FileLockKind.Posix:
                program.Call($"lock {name} (POSIX, {type}, {Range(state)})", SyscallNumber.fcntl, state.Fd, F_SETLK, program.Data(Flock(state)));
                break;
            case FileLockKind.OpenFileDescription:
                program.Call($"lock {name} (OFD, {type}, {Range(state)})", SyscallNumber.fcntl, state.Fd, F_OFD_SETLK, program.Data(Flock(state)));
                break;
            case FileLockKind.Lease:
                Lease(state, file, name);
                break;
            default:
                throw new ArgumentException($"a lock of kind {state.Kind} can't be taken", nameof(state));
        }
    }

    private static string Range(FileLockState state) => $"{state.Start} to {(state.Length == 0 ? "the end" : state.Start + state.Length - 1)}";

    private static byte[] Flock(FileLockState state)
    {
        byte[] flock = new byte[FlockSize];
        BinaryPrimitives.WriteInt16LittleEndian(flock, (short)state.Type);
        BinaryPrimitives.WriteInt16LittleEndian(flock.AsSpan(2), SEEK_SET);
        BinaryPrimitives.WriteInt64LittleEndian(flock.AsSpan(8), state.Start);
        BinaryPrimitives.WriteInt64LittleEndian(flock.AsSpan(16), state.Length);
        return flock;
    }

    /// <summary>
    /// A lease makes the process the owner of the description's signals if nothing is yet. While one is broken again, nobody
    /// is: the signal that told of the break was delivered or is pending.
    /// </summary>
    private void Lease(FileLockState state, FileEntry file, string name)
    {
        FownEntry? owner = file.Reg?.Fown ?? file.Memfd?.Fown;
        bool isReadOnly = ((file.Reg?.Flags ?? file.Memfd?.Flags ?? 0) & O_ACCMODE) == O_RDONLY;
        int held = !state.IsBreaking ? state.Type : state.Type == F_UNLCK && isReadOnly ? F_RDLCK : F_WRLCK;
        program.Call($"take a lease on {name} ({(held == F_RDLCK ? "read" : "write")})", SyscallNumber.fcntl, state.Fd, F_SETLEASE, held);
        if (state.IsBreaking || owner is null || owner.Pid == 0)
            program.Call($"take the signal owner of {name} away", SyscallNumber.fcntl, state.Fd, F_SETOWN, 0);
        if (!state.IsBreaking)
            return;
        int breaker = (state.Type == F_UNLCK ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_CLOEXEC;
        program.Call($"break the lease on {name}", Expectation.Exactly(-(long)Errno.EAGAIN), SyscallNumber.openat, AT_FDCWD, program.Text($"/proc/self/fd/{state.Fd}"), breaker, 0);
        if (owner is { Pid: not 0 })
        {
            Span<byte> data = stackalloc byte[8];
            BinaryPrimitives.WriteUInt32LittleEndian(data, owner.PidType);
            BinaryPrimitives.WriteUInt32LittleEndian(data[4..], owner.Pid);
            program.Call($"set the signal owner of {name}", SyscallNumber.fcntl, state.Fd, F_SETOWN_EX, program.Data(data));
        }
    }
}
