using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>The names that sockets are bound to: paths with a file that stays behind, or abstract ones.</summary>
internal static class UnixSocketNames
{
    /// <summary>sun_path without the NUL at the end of a path.</summary>
    public static byte[] Raw(UnixSocketName name) => name.IsAbstract ? [0, .. name.Name.Span] : name.Name.ToArray();

    /// <summary>A name for people.</summary>
    public static string Show(byte[] name) => name.Length > 0 && name[0] == 0 ? "@" + PathText.Decode(name.AsSpan(1)) : PathText.Decode(name);

    /// <summary>Adds the name and what belongs to its file. False when that was refused.</summary>
    public static bool TryCapture(FileInspection inspection, OpenDescription description, UnixSocketInfo info, ref UnixSocketState state)
    {
        if (info.Name is not { IsUnnamed: false } name)
            return true;
        state = state with { Name = Raw(name) };
        // An accepted socket has the name of the one that listens, and no file of its own.
        if (name.IsAbstract || info.VfsInode is null || (info.State == TCP_ESTABLISHED && info.Type != SOCK_DGRAM))
            return true;
        string path = name.Text;
        string? directory = null;
        if (!path.StartsWith('/'))
        {
            directory = description.Process.Proc.ReadLink("cwd");
            path = Path.Join(directory, path);
        }
        if (!FileCalls.TryStatus($"{description.Process.Proc.PathOf("root")}{path}", out FileStatus? file, out Errno errno))
        {
            if (directory is not null || errno != Errno.ENOENT)
            {
                inspection.Refuse(description, $"is bound to {path}, which can't be reached ({errno})", "let the process bind it to an absolute path");
                return false;
            }
            state = state with { IsDeleted = true };
            return true;
        }
        if (file.Inode != info.VfsInode)
        {
            inspection.Refuse(description, $"is bound to {path}, which is another file now", "remove that file");
            return false;
        }
        state = state with { NameDirectory = directory, File = new SocketFile(file.Mode, file.Uid, file.Gid) };
        return true;
    }

    /// <summary>Emits bind(2), after it made sure that the name is free: the file of a socket outlives it.</summary>
    public static void Bind(FileRestore restore, UnixSocketState state, int fd, string label)
    {
        if (!state.IsNamed)
            return;
        string shown = Show(state.Name);
        SyscallProgram program = restore.Program;
        if (state.IsAbstract)
        {
            BindRaw(program, state.Name, fd, $"bind {shown} ({label})");
            return;
        }
        if (state.NameDirectory is { } directory)
            program.Call($"change into {directory} to bind {shown}", SyscallNumber.chdir, program.Text(directory));
        string path = state.NameDirectory is { } relative ? Path.Join(relative, shown) : shown;
        DataReference text = program.Data([.. state.Name, 0], 1);
        if (IsStale(path, (int)state.Type, label))
            program.Call($"unlink the stale socket {path}", SyscallNumber.unlinkat, AT_FDCWD, text, 0);
        BindRaw(program, [.. state.Name, 0], fd, $"bind {path} ({label})");
        if (state.IsDeleted)
            program.Call($"unlink {path}", SyscallNumber.unlinkat, AT_FDCWD, text, 0);
        else if (state.File is { } file)
            program.Call($"set the mode of {path}", SyscallNumber.fchmodat, AT_FDCWD, text, file.Mode & 0xfff);
    }

    private static void BindRaw(SyscallProgram program, ReadOnlySpan<byte> name, int fd, string purpose) =>
        program.Call(purpose, SyscallNumber.bind, fd, Address(program, name), 2 + name.Length);

    /// <summary>A <c>struct sockaddr_un</c>.</summary>
    public static DataReference Address(SyscallProgram program, ReadOnlySpan<byte> name)
    {
        byte[] address = new byte[2 + name.Length];
        BitConverter.TryWriteBytes(address, (ushort)AF_UNIX);
        name.CopyTo(address.AsSpan(2));
        return program.Data(address);
    }

    /// <summary>True when a socket's file is there that nobody listens at. Throws when somebody does, or it is another kind of file.</summary>
    private static bool IsStale(string path, int type, string label)
    {
        FileStatus file;
        try
        {
            file = FileCalls.LinkStatus(path);
        }
        catch (LinuxException)
        {
            // Not there, as it should be; or not to be seen from here, and then bind tells.
            return false;
        }
        if (!file.IsSocket)
            throw new TorporException(FailureKind.FileChanged, $"{path}, where the process had a socket ({label}), is another kind of file now", "move it away");
        using Fd probe = SocketCalls.Open(AF_UNIX, type | SOCK_NONBLOCK);
        byte[] name = PathText.EncodeTerminated(path);
        if (name.Length > UnixSocketImage.MaximumName)
            return false;
        byte[] address = [(byte)AF_UNIX, 0, .. name];
        SyscallResult result = Syscall.Invoke(SyscallNumber.connect, probe, address, address.Length);
        if (result.Errno == Errno.ECONNREFUSED)
            return true;
        if (result.Errno is Errno.EACCES or Errno.EPERM)
            return false;
        throw new TorporException(FailureKind.RestoreFailed, $"another process has a socket at {path}, where the process had its own ({label})",
            "end that process; after a checkpoint with --leave-running it is the original");
    }
}
