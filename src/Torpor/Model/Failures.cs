using Torpor.Images;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Tracing;

namespace Torpor.Model;

/// <summary>Turns the exceptions of the layers below into the library's one.</summary>
internal static class Failures
{
    private const string BugRemedy = "this should not happen; please report it with the output of torpor -v";

    public static T Translate<T>(Func<T> work, FailureKind fallback)
    {
        try
        {
            return work();
        }
        catch (ImageException e)
        {
            throw FromImage(e);
        }
        catch (PlanFailedException e)
        {
            throw FromPlan(e);
        }
        catch (LinuxException e) when (e.Errno == Errno.ESRCH)
        {
            throw new TorporException(FailureKind.ProcessExited, $"the process ended meanwhile: {e.Message}", null, e);
        }
        catch (LinuxException e)
        {
            throw new TorporException(fallback, e.Message, null, e);
        }
        catch (ProcFormatException e)
        {
            throw new TorporException(FailureKind.Internal, e.Message, BugRemedy, e);
        }
        catch (OperationCanceledException e)
        {
            throw new TorporException(fallback, "interrupted", "nothing was changed; run the command again", e);
        }
    }

    private static TorporException FromImage(ImageException e) => e.Kind switch
    {
        ImageFailure.Missing => new(FailureKind.ImageMissing, e.Message, "name the directory of a complete checkpoint", e),
        ImageFailure.Foreign => new(FailureKind.ImageForeign, e.Message, "name a directory with images of torpor or CRIU", e),
        ImageFailure.WriteFailed => new(FailureKind.WriteFailed, e.Message, "free some space or name another directory; the process goes on unharmed", e),
        ImageFailure.DirectoryUnusable => new(FailureKind.DirectoryUnusable, e.Message, "name a directory that does not exist yet or is empty, in a place where you may write", e),
        _ => new(FailureKind.ImageDamaged, e.Message, "take the checkpoint again or fetch an undamaged copy", e),
    };

    private static TorporException FromPlan(PlanFailedException e)
    {
        if (e.Step?.Number == SyscallNumber.clone3 && e.Result.Errno == Errno.EEXIST)
            return new TorporException(FailureKind.PidTaken, $"{e.Step.Purpose}: the id was taken meanwhile", "try again, or restore with --pidns, where every pid is free", e);
        if (e.Step?.Number is SyscallNumber.openat or SyscallNumber.open && e.Result.Errno == Errno.ENOENT)
            return new TorporException(FailureKind.FileChanged, $"{e.Step.Purpose}: the file is gone", "put the file back where it was; nothing was restored", e);
        if (e.Step is { Number: SyscallNumber.flock or SyscallNumber.fcntl } && e.Result.Errno is Errno.EAGAIN or Errno.EACCES)
            return new TorporException(FailureKind.RestoreFailed, $"{e.Step.Purpose}: something else holds it or has the file open", "let that end first (lslocks and lsof tell what); nothing was restored", e);
        return new TorporException(FailureKind.RestoreFailed, e.Message, "nothing was left behind", e);
    }
}
