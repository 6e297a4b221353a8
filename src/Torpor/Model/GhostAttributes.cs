using Torpor.Images.Messages;
using Torpor.Linux;

namespace Torpor.Model;

/// <summary>The attributes of a deleted file or directory in its image.</summary>
internal static class GhostAttributes
{
    public static GhostFileEntry Of(FileStatus status) => new()
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
