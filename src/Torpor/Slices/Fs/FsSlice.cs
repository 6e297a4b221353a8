using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;

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
        if (directory.EndsWith(TargetPath.DeletedSuffix, StringComparison.Ordinal))
            context.Refusals.Add($"working directory ({directory})", "was deleted", "let the process change to another directory");
        else if (TargetPath.WhyNotReachable(context.Proc, directory, context.Proc.FollowedStatus("cwd")) is { } why)
            context.Refusals.Add($"working directory ({directory})", why, "let the process change to another directory");
        context.State.Set(new FsState(directory, root, context.Proc.Status().Umask));
    }

    public void Capture(CaptureContext context) =>
        context.Images.Fs = FsImage.ToEntry(context.State.Get<FsState>(), entry => entry.Reg.Id = context.Images.AddFile(entry));

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
        if (FileCalls.TryStatus(state.WorkingDirectory, out FileStatus? status, out Errno errno) ? !status.IsDirectory : errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            throw new TorporException(FailureKind.FileChanged, $"the process's working directory {state.WorkingDirectory} is not there any more", "make the directory again");
        }
        SyscallProgram program = context.Process;
        program.Call($"change into {state.WorkingDirectory}", SyscallNumber.chdir, program.Text(state.WorkingDirectory));
        if (state.Umask is { } umask)
            program.Call($"set umask {Convert.ToString(umask & 0x1ff, 8)}", Expectation.Any, SyscallNumber.umask, umask & 0x1ff);
    }
}
