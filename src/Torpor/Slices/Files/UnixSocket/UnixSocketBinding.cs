using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>Emits what gives sockets their names, and what finds them by these.</summary>
internal sealed class UnixSocketBinding(FileRestore restore)
{
    private readonly HashSet<string> _checked = [];
    private readonly List<string> _made = [];
    private readonly Dictionary<UnixEndpoint, uint> _kept = [];
    private HashSet<UnixSocketName>? _taken;
    private string? _directory;

    private SyscallProgram Program => restore.Program;

    /// <summary>Emits bind(2), after it made sure that the name is free: the file of a socket outlives it.</summary>
    public void Bind(UnixEndpoint endpoint)
    {
        UnixSocketState state = endpoint.State;
        if (state.IsAbstract)
        {
            CheckAbstract(endpoint);
        }
        else
        {
            string path = PathOf(state);
            MakeParents(endpoint, path);
            Enter(state);
            if (_checked.Add(path) && StaleMode(path, endpoint) is { } mode)
            {
                Program.Call($"unlink the stale socket {path}", SyscallNumber.unlinkat, AT_FDCWD, Text(state), 0);
                // The file of one that has gone was left behind, and is again.
                if (endpoint is { IsGone: true, HasSuccessor: false })
                    _kept[endpoint] = mode;
            }
        }
        Call($"bind {endpoint.Label} to", SyscallNumber.bind, endpoint.Fd, state.Name);
    }

    /// <summary>Emits connect(2) to a name that was given before.</summary>
    public void Connect(UnixEndpoint client, UnixEndpoint target)
    {
        Enter(target.State);
        Call($"connect {client.Label} to", SyscallNumber.connect, client.Fd, target.State.Name);
    }

    public void ConnectOutside(UnixEndpoint client, byte[] name) =>
        Call($"connect {client.Label} to another process's", SyscallNumber.connect, client.Fd, name);

    /// <summary>A <c>struct sockaddr_un</c>, and its length, to send to.</summary>
    public (DataReference Address, int Length) AddressOf(UnixEndpoint target, SyscallProgram program)
    {
        if (program != Program && target.State.NameDirectory is { } directory && target.State.IsPath)
            program.Call($"change into {directory} for the socket {UnixSocketNames.Show(target.State.Name)}", SyscallNumber.chdir, program.Text(directory));
        else
            Enter(target.State);
        return Address(target.State.Name, program);
    }

    /// <summary>Emits what becomes of the file once all are connected who have to find it.</summary>
    public void Settle(UnixEndpoint endpoint)
    {
        UnixSocketState state = endpoint.State;
        if (!state.IsPath)
            return;
        Enter(state);
        string path = PathOf(state);
        if (state.File is { } file)
        {
            Program.Call($"set the mode of {path}", SyscallNumber.fchmodat, AT_FDCWD, Text(state), file.Mode & 0xfff);
            if (restore.Tree.Privilege.Root)
                Program.Call($"set the owner of {path}", SyscallNumber.fchownat, AT_FDCWD, Text(state), file.Uid, file.Gid, AT_SYMLINK_NOFOLLOW);
            return;
        }
        if (_kept.TryGetValue(endpoint, out uint mode))
            Program.Call($"set the mode of {path}", SyscallNumber.fchmodat, AT_FDCWD, Text(state), mode & 0xfff);
        else if (state.IsDeleted)
            Program.Call($"unlink {path}", SyscallNumber.unlinkat, AT_FDCWD, Text(state), 0);
    }

    /// <summary>Emits the end of the directories that were made for names that are gone.</summary>
    public void Finish()
    {
        foreach (string directory in Enumerable.Reverse(_made))
            Program.Call($"remove the directory {directory}", SyscallNumber.unlinkat, AT_FDCWD, PathData(directory), AT_REMOVEDIR);
    }

    private void Call(string purpose, SyscallNumber number, int fd, byte[] name)
    {
        (DataReference address, int length) = Address(name, Program);
        Program.Call($"{purpose} {UnixSocketNames.Show(name)}", number, fd, address, length);
    }

    private static (DataReference Address, int Length) Address(byte[] name, SyscallProgram program)
    {
        // The kernel takes a path that fills sun_path without the NUL at its end.
        bool terminated = name[0] != 0 && name.Length < UnixSocketImage.MaximumName;
        byte[] address = [AF_UNIX, 0, .. name, .. (terminated ? new byte[1] : [])];
        return (program.Data(address), address.Length);
    }

    private DataReference Text(UnixSocketState state) => Program.Data([.. state.Name, 0], 1);

    private DataReference PathData(string path) => Program.Data(PathText.EncodeTerminated(path), 1);

    private static string PathOf(UnixSocketState state) => state.NameDirectory is { } directory
        ? Path.Join(directory, UnixSocketNames.Show(state.Name))
        : UnixSocketNames.Show(state.Name);

    private void Enter(UnixSocketState state)
    {
        if (!state.IsPath || state.NameDirectory is not { } directory || directory == _directory)
            return;
        Program.Call($"change into {directory} for the socket {UnixSocketNames.Show(state.Name)}", SyscallNumber.chdir, Program.Text(directory));
        _directory = directory;
    }

    /// <summary>A name that goes away again needs its directory only now, and that may be gone as well.</summary>
    private void MakeParents(UnixEndpoint endpoint, string path)
    {
        var missing = new Stack<string>();
        for (string? parent = Path.GetDirectoryName(path); !string.IsNullOrEmpty(parent); parent = Path.GetDirectoryName(parent))
        {
            if (_made.Contains(parent) || FileCalls.TryStatus(parent, out _, out Errno errno) || errno != Errno.ENOENT)
                break;
            missing.Push(parent);
        }
        if (missing.Count == 0)
            return;
        if (!endpoint.State.IsDeleted)
        {
            throw new TorporException(FailureKind.RestoreFailed, $"the directory {missing.Last()} of the socket {path} ({endpoint.Label}) is missing",
                "make it again");
        }
        foreach (string directory in missing)
        {
            _made.Add(directory);
            Program.Call($"make the directory {directory} for a while", SyscallNumber.mkdirat, AT_FDCWD, PathData(directory), 0x1c0);
        }
    }

    private void CheckAbstract(UnixEndpoint endpoint)
    {
        if (_taken is null)
        {
            using SockDiag diag = SockDiag.Open();
            _taken = [.. diag.ListUnix().Where(socket => socket.Name is { IsAbstract: true }).Select(socket => socket.Name!)];
        }
        if (_taken.Contains(new UnixSocketName(endpoint.State.Name.AsMemory(1), true)))
        {
            throw new TorporException(FailureKind.RestoreFailed, $"another process has a socket with the name {UnixSocketNames.Show(endpoint.State.Name)}, which the process had itself ({endpoint.Label})",
                "end that process; after a checkpoint with --leave-running it is the original");
        }
    }

    /// <summary>The mode of a socket's file that nobody has; null when there is none. Throws when somebody has it, or it is another kind of file.</summary>
    private static uint? StaleMode(string path, UnixEndpoint endpoint)
    {
        FileStatus file;
        try
        {
            file = FileCalls.LinkStatus(path);
        }
        catch (LinuxException)
        {
            // Not there, as it should be; or not to be seen from here, and then bind tells.
            return null;
        }
        if (!file.IsSocket)
        {
            throw new TorporException(FailureKind.FileChanged, $"{path}, where the process had a socket ({endpoint.Label}), is another kind of file now",
                "move it away");
        }
        Errno errno = Probe(path, (int)endpoint.State.Type);
        if (errno == Errno.ECONNREFUSED)
            return file.Mode;
        if (errno is Errno.EACCES or Errno.EPERM)
            return null;
        throw new TorporException(FailureKind.RestoreFailed, $"another process has a socket at {path}, where the process had its own ({endpoint.Label})",
            "end that process; after a checkpoint with --leave-running it is the original");
    }

    /// <summary>What connecting to a path gives; a path that is too long for an address is taken from its directory.</summary>
    private static Errno Probe(string path, int type)
    {
        using Fd directory = FileCalls.Open(Path.GetDirectoryName(path) ?? "/", O_PATH | O_DIRECTORY);
        byte[] name = PathText.Encode($"/proc/self/fd/{directory.Value}/{Path.GetFileName(path)}");
        if (PathText.Encode(path) is { Length: <= UnixSocketImage.MaximumName } whole)
            name = whole;
        else if (name.Length > UnixSocketImage.MaximumName)
            return Errno.EACCES;
        using Fd probe = SocketCalls.Open(AF_UNIX, type | SOCK_NONBLOCK);
        byte[] address = [AF_UNIX, 0, .. name];
        return Syscall.Invoke(SyscallNumber.connect, probe, address, address.Length).Errno;
    }
}
