using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Model;

/// <summary>Deleted files and directories, which live on in an image of their own.</summary>
internal static class Ghost
{
    /// <summary>Which ghost a file of the images is; null for one with a name.</summary>
    public static uint? IdOf(TreeImages images, uint fileId)
    {
        RemapFilePathEntry? remap = images.Remaps.Find(remap => remap.OrigId == fileId);
        if (remap is null)
            return null;
        // CRIU's older images leave the type of a ghost out.
        if (remap.HasRemapType && remap.RemapType != RemapType.Ghost)
            throw new TorporException(FailureKind.Refused, $"file id {fileId} lives under another name ({remap.RemapType}), which is not supported", "restore this checkpoint with CRIU");
        return remap.RemapId;
    }

    /// <summary>Emits what makes a directory without a name; returns its descriptor, at the lowest free place. For the program that opens files.</summary>
    public static int MakeDirectory(RestoreTree tree, string path)
    {
        SyscallProgram program = tree.Opening;
        DataReference name = program.Text(path);
        program.Call($"make {path} for a deleted directory", SyscallNumber.mkdirat, AT_FDCWD, name, 0x1c0);
        int made = tree.Descriptors.Open(program, $"open {path}", SyscallNumber.openat, AT_FDCWD, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        program.Call($"remove {path}", SyscallNumber.unlinkat, AT_FDCWD, name, AT_REMOVEDIR);
        return made;
    }

    /// <summary>The attributes of one in its image.</summary>
    public static GhostFileEntry AttributesOf(FileStatus status) => new()
    {
        Uid = status.Uid,
        Gid = status.Gid,
        Mode = status.Mode,
        Dev = (uint)status.Device.ToStat(),
        Ino = status.Inode,
        Mtim = new Timeval { TvSec = (ulong)status.ModificationTime.Seconds, TvUsec = status.ModificationTime.Nanoseconds / 1000 },
        Atim = new Timeval { TvSec = (ulong)status.ModificationTime.Seconds, TvUsec = status.ModificationTime.Nanoseconds / 1000 },
    };

    /// <summary>
    /// Where to make it again for a moment: under the name that it had, if nothing else has that now, for that is what the
    /// kernel goes on to show; beside that; or in /tmp.
    /// </summary>
    public static string PathFor(string path, uint ghost)
    {
        string directory = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : "/";
        if (!FileCalls.TryStatus(directory, out FileStatus? status, out _) || !status.IsDirectory)
            return $"/tmp/.torpor-ghost-{ghost}";
        return FileCalls.TryStatus(path, out _, out Errno errno) || errno != Errno.ENOENT ? $"{path}.torpor-ghost-{ghost}" : path;
    }
}
