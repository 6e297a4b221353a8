using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Stat;

namespace Torpor.Slices.Files.Regular;

/// <summary>What can be brought back by its path.</summary>
internal static class NamedFiles
{
    /// <summary>Adds the entry of a file whose path leads to it, or the refusal.</summary>
    /// <param name="inspection">What to read with and where to add.</param>
    /// <param name="description">The file.</param>
    /// <param name="withSize">Whether its size has to be the same at restore.</param>
    /// <param name="name">Another path than the one it was opened by; null for that.</param>
    public static void Inspect(FileInspection inspection, OpenDescription description, bool withSize, string? name = null)
    {
        string path = name ?? description.Path;
        if (!inspection.TryOwner(description, out SignalOwner owner))
            return;
        if (WhyNot(description.Process, path, description.Status) is { } problem)
        {
            inspection.Refuse(description, problem.Reason, problem.Remedy);
            return;
        }
        FileStatus status = description.Status;
        inspection.Add(description, RegularImage.ToEntry(new RegularState(
            path,
            (uint)description.Flags,
            (ulong)description.Info.Position,
            owner,
            status.Mode,
            withSize ? (ulong)status.Size : null)));
    }

    private static (string Reason, string? Remedy)? WhyNot(CaptureContext context, string path, FileStatus status)
    {
        if (OtherProcess(context, path) is { } other)
            return ($"is {other}'s entry in /proc, which a restored process could not open again", "let the process close it first");
        return TargetPath.WhyNotReachable(context.Proc, path, status) is { } why
            ? (why, "put the file back where it was opened, or let the process close it")
            : null;
    }

    /// <summary>Whose directory of /proc a path lies in, when it is not the process's own.</summary>
    private static string? OtherProcess(CaptureContext context, string path)
    {
        string[] parts = path.Split('/');
        if (parts.Length < 3 || parts[1] != "proc" || !uint.TryParse(parts[2], out uint pid))
            return null;
        if (pid != context.InnerPid)
            return $"process {pid}";
        // The threads come back after the descriptors.
        return parts.Length > 4 && parts[3] == "task" && uint.TryParse(parts[4], out uint tid) && tid != pid ? $"thread {tid}" : null;
    }

    /// <summary>Checks from outside that the path still leads to what was open, as far as that can be seen without the restored task.</summary>
    public static void Check(RestoreTree tree, RegularState state, string label)
    {
        // The task has its own /proc, with its own pid in it.
        if (state.Path.StartsWith("/proc/", StringComparison.Ordinal))
            return;
        if (!FileCalls.TryStatus(state.Path, out FileStatus? status, out Errno errno))
        {
            if (errno is Errno.ENOENT or Errno.ENOTDIR)
                throw new TorporException(FailureKind.FileChanged, $"{state.Path} is missing, which the process had open ({label})", "put the file back where it was");
            return;
        }
        if (state.Mode != 0 && (state.Mode & S_IFMT) != status.Type)
            throw new TorporException(FailureKind.FileChanged, $"{state.Path} is of another type now than when the process had it open ({label})", "put the file back as it was");
        if (state.Size is { } size && status.IsRegular)
            CheckSize(tree, state, label, size, (ulong)status.Size);
    }

    /// <summary>
    /// A file that the process only reads must be as it was. One that it writes may have grown since, as a log does that
    /// the original went on to write; to have shrunk would make holes.
    /// </summary>
    private static void CheckSize(RestoreTree tree, RegularState state, string label, ulong size, ulong now)
    {
        if (now == size)
            return;
        bool writable = (state.Flags & O_ACCMODE) != O_RDONLY;
        if (writable && now > size)
        {
            tree.Notes.Add($"{state.Path} has grown from {size} to {now} bytes since the checkpoint");
            return;
        }
        throw new TorporException(FailureKind.FileChanged,
            $"{state.Path} has {now} bytes now, and had {size} when the process had it open ({label})", "put the file back as it was at the checkpoint");
    }

    /// <summary>Opens the path and sets the position.</summary>
    public static void Compile(FileRestore restore, RestoredDescription description, RegularState state)
    {
        restore.OpenPath(description, state.Path, state.OpenFlags | O_NOCTTY);
        Finish(restore, description, state);
    }

    public static void Finish(FileRestore restore, RestoredDescription description, RegularState state)
    {
        // A device's position means nothing, and most of them don't seek.
        bool seekable = (state.Mode & S_IFMT) is S_IFREG or S_IFDIR or 0;
        if (state.Position != 0 && seekable && (state.Flags & O_PATH) == 0)
        {
            restore.Program.Call($"seek to {state.Position} in {state.Path} ({description})", Expectation.Exactly(state.Position),
                SyscallNumber.lseek, description.First, state.Position, SEEK_SET);
        }
        state.Owner.Compile(restore, description);
    }
}
