using Torpor.Linux;

namespace Torpor.Slices.Files.Regular;

/// <summary>Finds a name that a file still has, which was deleted under the one it was opened by.</summary>
internal static class OtherNames
{
    /// <summary>Where it is looked for, for people.</summary>
    public const string Places = "in the same directory, or by another descriptor";

    /// <summary>A path that leads to the file; null when there is none in the likely places.</summary>
    public static string? Find(FileInspection inspection, OpenDescription description)
    {
        string root = description.Process.Proc.PathOf("root");
        IEnumerable<string> opened = inspection.All
            .Where(other => other.Link.StartsWith('/') && !other.IsDeleted && other.Status.IsSameFile(description.Status))
            .Select(other => other.Path);
        return opened.Concat(Beside(root, description.Path)).FirstOrDefault(path => LeadsTo(root + path, description.Status));
    }

    private static IEnumerable<string> Beside(string root, string path)
    {
        string directory = Path.GetDirectoryName(path) ?? "/";
        // Names of the target's choice: a directory that is gone or closed to us has none for us.
        var options = new EnumerationOptions { IgnoreInaccessible = true, AttributesToSkip = 0, ReturnSpecialDirectories = false };
        try
        {
            return [.. System.IO.Directory.EnumerateFiles(root + directory, "*", options).Select(found => Path.Combine(directory, Path.GetFileName(found)))];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static bool LeadsTo(string path, FileStatus file)
    {
        try
        {
            return FileCalls.LinkStatus(path).IsSameFile(file);
        }
        catch (LinuxException)
        {
            return false;
        }
    }
}
