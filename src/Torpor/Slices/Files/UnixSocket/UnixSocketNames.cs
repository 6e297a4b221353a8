using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>Finds out what the names that sockets are bound to stand for: an abstract name, or a path with a file that may be gone.</summary>
internal sealed class UnixSocketNames(FileInspection inspection)
{
    private readonly Dictionary<CaptureContext, List<string>> _directories = [];

    /// <summary>sun_path without the NUL at the end of a path.</summary>
    public static byte[] Raw(UnixSocketName name) => name.IsAbstract ? [0, .. name.Name.Span] : name.Name.ToArray();

    /// <summary>A name for people.</summary>
    public static string Show(byte[] name) => name.Length > 0 && name[0] == 0
        ? "@" + PathText.Decode(name.AsSpan(1)).Replace('\0', '@')
        : PathText.Decode(name);

    /// <summary>Adds the name and what belongs to its file. False when that was refused.</summary>
    /// <param name="description">The socket.</param>
    /// <param name="info">What the kernel tells of it.</param>
    /// <param name="duplicate">The socket in this process.</param>
    /// <param name="inherited">It was accepted by a socket that is there too, and has its name from that one.</param>
    /// <param name="state">Gets the name.</param>
    public bool TryCapture(OpenDescription description, UnixSocketInfo info, Fd duplicate, bool inherited, ref UnixSocketState state)
    {
        if (info.Name is not { IsUnnamed: false } name)
            return true;
        state = state with { Name = Raw(name) };
        if (name.IsAbstract || info.VfsInode is not { } inode || inherited)
            return true;
        if (name.Text.StartsWith('/'))
            return TryAbsolute(description, name.Text, inode, ref state);
        if (FindDirectory(description, name.Text, inode, duplicate, out bool deleted) is not { } directory)
        {
            inspection.Refuse(description, $"is bound to {name.Text}, a path relative to a directory that the process has left, which only root can find out",
                "let the process bind it to an absolute path, or make the checkpoint as root");
            return false;
        }
        if (directory.AsSpan().ContainsAnyInRange('\ud800', '\udfff'))
        {
            inspection.Refuse(description, $"is bound to {name.Text} in {directory}, whose name is not UTF-8", "rename that directory");
            return false;
        }
        state = state with { NameDirectory = directory, IsDeleted = deleted, File = deleted ? null : FileAt(description, Path.Join(directory, name.Text), inode) };
        return true;
    }

    private bool TryAbsolute(OpenDescription description, string path, ulong inode, ref UnixSocketState state)
    {
        if (FileAt(description, path, inode) is { } file)
        {
            state = state with { File = file };
            return true;
        }
        if (FileCalls.TryStatus(InTarget(description, path), out _, out Errno errno) || errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            // Its own file is gone, whatever has the name now.
            state = state with { IsDeleted = true };
            return true;
        }
        inspection.Refuse(description, $"is bound to {path}, which can't be reached ({errno})", "make the checkpoint as a user who may");
        return false;
    }

    /// <summary>The directory that a relative name is relative to: where the file is, or was.</summary>
    private string? FindDirectory(OpenDescription description, string name, ulong inode, Fd duplicate, out bool deleted)
    {
        deleted = false;
        string? proved = FilePath(duplicate);
        if (proved is not null && proved.EndsWith(TargetPath.DeletedSuffix, StringComparison.Ordinal))
        {
            deleted = true;
            proved = proved[..^TargetPath.DeletedSuffix.Length];
            return proved.EndsWith("/" + name, StringComparison.Ordinal) ? proved[..^(name.Length + 1)] : Path.GetDirectoryName(proved);
        }
        if (proved is not null && proved.EndsWith("/" + name, StringComparison.Ordinal))
            return proved.Length == name.Length + 1 ? "/" : proved[..^(name.Length + 1)];
        return Candidates(description.Process).Find(directory => FileAt(description, Path.Join(directory, name), inode) is not null);
    }

    /// <summary>Where a socket's file is, as the kernel tells those with CAP_NET_ADMIN; null for others.</summary>
    private static string? FilePath(Fd socket)
    {
        SyscallResult result = Syscall.Invoke(SyscallNumber.ioctl, socket, SIOCUNIXFILE, 0);
        if (result.IsError)
            return null;
        using var file = new Fd((int)result.Raw);
        return ProcTask.Self.ReadLink($"fd/{file.Value}");
    }

    /// <summary>Directories that the process has to do with. That the socket's file is in one of them is proof enough.</summary>
    private List<string> Candidates(CaptureContext process)
    {
        if (_directories.TryGetValue(process, out List<string>? found))
            return found;
        // A parent may have bound it before it forked.
        found = [process.Proc.ReadLink("cwd"), .. inspection.Tree.Processes.Select(other => other.Proc.ReadLink("cwd"))];
        foreach (string variable in process.Proc.ReadText("environ").Split('\0'))
        {
            if (variable.StartsWith("PWD=/", StringComparison.Ordinal) || variable.StartsWith("OLDPWD=/", StringComparison.Ordinal)
                || variable.StartsWith("HOME=/", StringComparison.Ordinal) || variable.StartsWith("XDG_RUNTIME_DIR=/", StringComparison.Ordinal))
                found.Add(variable[(variable.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        }
        foreach (OpenDescription description in inspection.All.Where(description => description.Path.StartsWith('/')))
            found.Add(description.Status.IsDirectory ? description.Path : Path.GetDirectoryName(description.Path) ?? "/");
        found.AddRange(["/", "/tmp", "/run"]);
        found = [.. found.Distinct()];
        _directories.Add(process, found);
        return found;
    }

    /// <summary>The permissions of the file at a path, when it is this socket's.</summary>
    private static SocketFile? FileAt(OpenDescription description, string path, ulong inode) =>
        // sock_diag tells the lower half of the inode's number.
        FileCalls.TryStatus(InTarget(description, path), out FileStatus? file, out _) && file.IsSocket && (uint)file.Inode == (uint)inode
            ? new SocketFile(file.Mode, file.Uid, file.Gid)
            : null;

    private static string InTarget(OpenDescription description, string path) => $"{description.Process.Proc.PathOf("root")}{path}";
}
