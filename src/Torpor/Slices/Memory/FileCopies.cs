using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.Uapi;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Slices.Memory;

/// <summary>
/// Copies of small files that the process maps to write to them. Such files hold the process's own state and are often
/// swept away with it: a JVM deletes the performance data of every JVM that it finds dead.
/// </summary>
internal static class FileCopies
{
    /// <summary>A JVM's performance data has 32 KiB. A larger file is data in its own right, of which this tool keeps no copy.</summary>
    private const long LargestCopied = 256 << 10;

    /// <summary>Copies a file into the images if it is small; without a copy nothing is lost while the file stays.</summary>
    public static void Capture(CaptureTree tree, MappedFile file, RegFileEntry entry)
    {
        if (file.Status.Size > LargestCopied || !FileCalls.TryOpen(file.Visible, Fcntl.O_RDONLY, out Fd? fd, out _))
            return;
        using (fd)
        {
            SharedObjects objects = SharedObjects.Of(tree);
            uint id = objects.NextId();
            using var writer = new PageWriter(tree, ImageName.SharedPagemap(id), objects.NextPagesId());
            writer.CopyFile(fd);
            writer.Finish();
            entry.TorporCopy = id;
        }
    }

    /// <summary>Emits what makes the file anew, empty and of the right size; returns its descriptor.</summary>
    public static int Create(RestoreContext context, RegFileEntry file)
    {
        const uint Permissions = 0x1ff;
        if (file.Size > LargestCopied)
            throw new TorporException(FailureKind.ImageDamaged, $"files image: a copy of {file.Size} bytes of {file.Name}", "take the checkpoint again");
        context.Notes.Add($"{file.Name} was gone and is made anew");
        int fd = context.MemoryDescriptors.Open(context.Memory, $"make {file.Name} anew", SyscallNumber.openat, Fcntl.AT_FDCWD,
            context.Memory.Text(file.Name), Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW | Fcntl.O_CLOEXEC, file.Mode & Permissions);
        // The creation mask of the moment has taken its part away.
        context.Memory.Call($"set the mode of {file.Name}", Expectation.Exactly(0), SyscallNumber.fchmod, fd, file.Mode & Permissions);
        context.Memory.Call($"size {file.Name}", Expectation.Exactly(0), SyscallNumber.ftruncate, fd, file.Size);
        return fd;
    }
}
