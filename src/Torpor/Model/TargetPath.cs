using Torpor.Linux;
using Torpor.Linux.ProcFs;

namespace Torpor.Model;

/// <summary>Paths as the target sees them, reached from outside through /proc/PID/root.</summary>
internal static class TargetPath
{
    /// <summary>What the kernel appends to the name of a file that was unlinked.</summary>
    public const string DeletedSuffix = " (deleted)";

    /// <summary>Whether a path, opened by the target, leads to a file; a clause that says why not, or null when it does.</summary>
    /// <param name="proc">The target.</param>
    /// <param name="path">An absolute path as the kernel prints it: without symbolic links.</param>
    /// <param name="file">The file that it has to lead to.</param>
    public static string? WhyNotReachable(ProcTask proc, string path, FileStatus file)
    {
        if (!path.StartsWith('/'))
            return "has no path";
        // PathText keeps the bytes of other encodings as lone surrogates, which a protobuf string can't hold.
        if (path.AsSpan().ContainsAnyInRange('\udc80', '\udcff') && !System.Text.Encoding.UTF8.GetString(PathText.Encode(path)).Equals(path, StringComparison.Ordinal))
            return "has a name that is not UTF-8";
        try
        {
            // A file's own name is never a symbolic link, unless the descriptor was opened with O_PATH | O_NOFOLLOW to stand for the link.
            FileStatus found = FileCalls.LinkStatus($"{proc.PathOf("root")}{path}");
            return found.IsSameFile(file) ? null : $"is not the file that {path} names now";
        }
        catch (LinuxException e)
        {
            return e.Errno == Errno.ENOENT ? $"has no name: {path} is not there" : $"can't be reached by its name {path} ({e.Errno})";
        }
    }
}
