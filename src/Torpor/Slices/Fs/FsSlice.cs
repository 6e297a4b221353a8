using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Fs;

/// <summary>Working directory, root directory and umask, see chdir(2), chroot(2) and umask(2).</summary>
internal sealed class FsSlice : ISlice
{
    public string Name => "Fs";

    public void Inspect(CaptureContext context)
    {
        string root = context.Proc.ReadLink("root");
        if (root != "/")
            context.Refusals.Add($"root directory ({root})", "is not that of the system (chroot)", "checkpoint it from inside the same root");
        string directory = context.Proc.ReadLink("cwd");
        FileStatus status = context.Proc.FollowedStatus("cwd");
        uint? deleted = null;
        if (status.LinkCount == 0 && directory.EndsWith(TargetPath.DeletedSuffix, StringComparison.Ordinal))
        {
            directory = directory[..^TargetPath.DeletedSuffix.Length];
            deleted = InspectDeleted(context, status);
        }
        else if (TargetPath.WhyNotReachable(context.Proc, directory, status) is { } why)
        {
            context.Refusals.Add($"working directory ({directory})", why, "let the process change to another directory");
        }
        context.State.Set(new FsState(directory, root, context.Proc.Status().Umask, deleted));
    }

    public void Capture(CaptureContext context)
    {
        FsState state = context.State.Get<FsState>();
        context.Images.Fs = FsImage.ToEntry(state, entry => entry.Reg.Id = context.Images.AddFile(entry));
        if (state.DeletedDirectory is not { } ghost)
            return;
        uint file = context.Images.Fs.CwdId;
        context.Images.Remaps.Add(new RemapFilePathEntry { OrigId = file, RemapId = ghost, RemapType = RemapType.Ghost });
        if (!context.State.TryGet(out UnwrittenGhost? unwritten))
            return;
        unwritten.Item.FileId = file;
        using var writer = new GhostFileWriter(context.Output, ghost, unwritten.Entry);
        writer.Complete();
    }

    /// <summary>The id of the directory's ghost. Where a descriptor or another process's working directory is the same, that writes its image.</summary>
    private static uint InspectDeleted(CaptureContext context, FileStatus status)
    {
        SharedObject item = SharedObjects.Of(context.Tree).Register(SharedObjectKind.GhostFile, status.Device, status.Inode);
        if (!item.Captured)
            context.State.Set(new UnwrittenGhost(item, Ghost.AttributesOf(status)));
        item.Captured = true;
        return item.Id;
    }

    private sealed record UnwrittenGhost(SharedObject Item, GhostFileEntry Entry);

    public void Compile(RestoreContext context)
    {
        if (context.FsOwner is not null)
            return;
        FsState state = FsImage.FromEntry(context.Images.Fs, context.Images.Files)
            ?? throw new TorporException(FailureKind.ImageDamaged, "the image does not tell the process's working directory", "make a new checkpoint; this one is not whole");
        if (state.Root != "/")
        {
            throw new TorporException(FailureKind.Refused, $"the process had its root at {state.Root} (chroot), which is not supported", "restore this checkpoint with CRIU");
        }
        if (Ghost.IdOf(context.Images.Tree, context.Images.Fs.CwdId) is { } ghost)
            EnterDeleted(context, state.WorkingDirectory, ghost);
        else
            Enter(context, state.WorkingDirectory);
        if (state.Umask is { } umask)
            context.Process.Call($"set umask {Convert.ToString(umask & 0x1ff, 8)}", Expectation.Any, SyscallNumber.umask, umask & 0x1ff);
    }

    private static void Enter(RestoreContext context, string directory)
    {
        if (FileCalls.TryStatus(directory, out FileStatus? status, out Errno errno) ? !status.IsDirectory : errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            throw new TorporException(FailureKind.FileChanged, $"the process's working directory {directory} is not there any more", "make the directory again");
        }
        context.Process.Call($"change into {directory}", SyscallNumber.chdir, context.Process.Text(directory));
    }

    private static void EnterDeleted(RestoreContext context, string directory, uint ghost)
    {
        if (!RestoredObjects.Of(context).TryFind(SharedObjectKind.GhostFile, ghost, out int fd))
            fd = MakeDeleted(context.Tree, directory, ghost);
        context.Process.Call($"change into the deleted {directory}", SyscallNumber.fchdir, fd);
    }

    /// <summary>Makes a directory, and keeps a descriptor of it for all processes that are in there.</summary>
    private static int MakeDeleted(RestoreTree tree, string directory, uint ghost)
    {
        SyscallProgram program = tree.Opening;
        GhostFileReader image = GhostFileReader.Open(tree.Input, ghost);
        string path = Ghost.PathFor(directory, ghost);
        int made = Ghost.MakeDirectory(tree, path);
        program.Call($"set the mode of {path}", SyscallNumber.fchmod, made, image.Entry.Mode & 0xfff);
        int kept = tree.Descriptors.Keep(program, made);
        RestoredObjects.Of(tree).Keep(SharedObjectKind.GhostFile, ghost, kept);
        return kept;
    }
}
