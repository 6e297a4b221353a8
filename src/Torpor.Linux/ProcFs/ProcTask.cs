using System.Buffers;
using System.Runtime.InteropServices;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Linux.ProcFs;

/// <summary>
/// A process's or a thread's directory in /proc. Reads need ptrace access (PTRACE_MODE_READ) unless said otherwise, see
/// proc(5). A process that is gone shows as a <see cref="LinuxException"/> with ENOENT or ESRCH.
/// </summary>
public sealed partial class ProcTask
{
    /// <summary>More than any file of /proc holds that is read whole.</summary>
    private const int MaximumFile = 256 << 20;

    public ProcTask(Pid pid) => Root = $"/proc/{pid}";

    public ProcTask(Pid pid, Tid tid) => Root = $"/proc/{pid}/task/{tid}";

    private ProcTask(string root) => Root = root;

    /// <summary>The calling process.</summary>
    public static ProcTask Self { get; } = new("/proc/self");

    /// <summary><c>/proc/4242</c> or <c>/proc/4242/task/4243</c>.</summary>
    public string Root { get; }

    /// <summary>The path of an entry.</summary>
    public string PathOf(string name) => $"{Root}/{name}";

    /// <summary>A whole file.</summary>
    public byte[] ReadBytes(string name)
    {
        string path = PathOf(name);
        using Fd fd = FileCalls.Open(path, O_RDONLY);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(16384);
        try
        {
            int length = 0;
            while (true)
            {
                int read = Read(fd, path, buffer.AsSpan(length));
                if (read == 0)
                    return buffer[..length];
                length += read;
                if (length < buffer.Length)
                    continue;
                if (length >= MaximumFile)
                    throw new ProcFormatException(path, length, "end", "the file is too long");
                byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                buffer.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A whole file as text, the newline at its end included.</summary>
    public string ReadText(string name) => PathText.Decode(ReadBytes(name));

    /// <summary>What a link like <c>exe</c>, <c>cwd</c> or <c>ns/pid</c> says.</summary>
    public string ReadLink(string name) => FileCalls.ReadLink(PathOf(name));

    /// <summary>As <see cref="ReadLink"/>; null where there is no such link, or nothing it leads to: no namespace for children before there is a child.</summary>
    public string? TryReadLink(string name)
    {
        try
        {
            return ReadLink(name);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ESRCH or Errno.ENOTDIR)
        {
            return null;
        }
    }

    /// <summary>The file that a link like <c>exe</c>, <c>root</c> or <c>map_files/…</c> leads to.</summary>
    public FileStatus FollowedStatus(string name) => FileCalls.Status(PathOf(name));

    /// <summary>True when the entry is there; a link counts even when it can't be followed.</summary>
    public bool Exists(string name)
    {
        try
        {
            FileCalls.LinkStatus(PathOf(name));
            return true;
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ESRCH or Errno.ENOTDIR)
        {
            return false;
        }
    }

    /// <summary>Needs no privilege.</summary>
    public ProcStatus Status() => ProcStatusParser.Parse(PathOf("status"), ReadBytes("status"));

    /// <summary>Needs no privilege; fields with addresses are zero without ptrace access.</summary>
    public ProcStat Stat() => ProcStatParser.Parse(PathOf("stat"), ReadBytes("stat"));

    /// <summary>The mappings without what smaps adds: fast, no page is looked at.</summary>
    public IReadOnlyList<MemoryMapping> Maps() => ReadMappings("maps");

    /// <summary>The mappings with VmFlags and sizes. The kernel walks all page tables for it.</summary>
    public IReadOnlyList<MemoryMapping> Smaps() => ReadMappings("smaps");

    /// <summary>The numbers of the open descriptors, ascending.</summary>
    public IReadOnlyList<RemoteFd> Descriptors()
    {
        List<int> numbers = FileCalls.NumericEntries(PathOf("fd"));
        numbers.Sort();
        return numbers.ConvertAll(number => new RemoteFd(number));
    }

    public FdInfo FdInfo(RemoteFd fd) => ProcFs.FdInfo.Parse(PathOf($"fdinfo/{fd}"), ReadBytes($"fdinfo/{fd}"));

    /// <summary>stat(2) through /proc/PID/fd/N: the open file itself, though its name may be gone.</summary>
    public FileStatus DescriptorStatus(RemoteFd fd) => FollowedStatus($"fd/{fd}");

    /// <summary>What the link /proc/PID/fd/N says: a path, or <c>pipe:[123]</c> and the like.</summary>
    public string DescriptorLink(RemoteFd fd) => ReadLink($"fd/{fd}");

    /// <summary>The threads, in the order of their creation, the leader first. Needs no privilege.</summary>
    public IReadOnlyList<Tid> Threads() => FileCalls.NumericEntries(PathOf("task")).ConvertAll(number => new Tid(number));

    /// <summary>Needs no privilege.</summary>
    public ProcLimits Limits() => ProcLimits.Parse(PathOf("limits"), ReadBytes("limits"));

    /// <summary>The process's POSIX timers; ENOENT for a thread's directory and on kernels without CONFIG_CHECKPOINT_RESTORE.</summary>
    public IReadOnlyList<PosixTimerInfo> Timers() => PosixTimerInfo.Parse(PathOf("timers"), ReadBytes("timers"));

    /// <summary>The auxiliary vector, keys and values in turn, AT_NULL at the end included. See getauxval(3).</summary>
    public ulong[] Auxv()
    {
        byte[] bytes = ReadBytes("auxv");
        if (bytes.Length % 16 != 0)
            throw new ProcFormatException(PathOf("auxv"), bytes.Length, "entry", "not a whole number of 64-bit pairs");
        return MemoryMarshal.Cast<byte, ulong>(bytes).ToArray();
    }

    private List<MemoryMapping> ReadMappings(string name)
    {
        string path = PathOf(name);
        using Fd fd = FileCalls.Open(path, O_RDONLY);
        var parser = new MapsParser(path);
        byte[] buffer = new byte[65536];
        int length = 0;
        while (true)
        {
            int read = Read(fd, path, buffer.AsSpan(length));
            length += read;
            int lines = read == 0 ? length : buffer.AsSpan(0, length).LastIndexOf((byte)'\n') + 1;
            parser.Feed(buffer.AsSpan(0, lines));
            if (read == 0)
                return parser.Finish();
            buffer.AsSpan(lines, length - lines).CopyTo(buffer);
            length -= lines;
            // A line is no longer than a page of path, four bytes for each of its characters at the worst.
            if (length == buffer.Length)
                throw new ProcFormatException(path, 0, "line", "the line is too long");
        }
    }

    private static int Read(Fd fd, string path, Span<byte> buffer) =>
        (int)Syscall.InvokeRestarting(SyscallNumber.read, fd, buffer, buffer.Length).OrThrow($"read {path}");
}
