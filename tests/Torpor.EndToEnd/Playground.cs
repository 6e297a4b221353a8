using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Torpor.EndToEnd;

/// <summary>The one temporary folder of a run, readable by every user: built targets, copies of the binary, and a folder for each test.</summary>
internal static partial class Playground
{
    private const UnixFileMode Everybody = (UnixFileMode)0b111_111_111;
    private static readonly Lazy<string> RootFolder = new(MakeRoot);
    private static int number;

    public static string Root => RootFolder.Value;

    /// <summary>A new folder that every user may write to. Short, because Unix socket addresses hold 107 bytes.</summary>
    public static string NewFolder()
    {
        string folder = Path.Combine(Root, $"{Interlocked.Increment(ref number)}");
        return Open(Directory.CreateDirectory(folder).FullName);
    }

    /// <summary>A folder with a name, for what is built once.</summary>
    public static string Folder(params string[] names)
    {
        string folder = Root;
        foreach (string name in names)
            folder = Open(Directory.CreateDirectory(Path.Combine(folder, name)).FullName);
        return folder;
    }

    public static string Open(string path)
    {
        File.SetUnixFileMode(path, Everybody);
        return path;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);

    /// <summary>Sends a signal to one process; false when there is none.</summary>
    public static bool Kill(int pid, int signal) => pid > 1 && SendSignal(pid, signal) == 0;

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nuint value, nuint unused1, nuint unused2, nuint unused3);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitFor(int pid, nint status, int options);

    /// <summary>Reaps a dead process that a detached restore left to this one, so that its pid is free at once.</summary>
    public static void Reap(int pid)
    {
        const int WNOHANG = 1;
        _ = WaitFor(pid, 0, WNOHANG);
    }

    /// <summary>Starts a process that .NET reaps by itself.</summary>
    public static Process Start(ProcessStartInfo start)
    {
        lock (Started)
        {
            Process process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} does not start");
            int pid = process.Id;
            Started.Add(pid);
            process.EnableRaisingEvents = true;
            process.Exited += (_, _) => Ended(pid);
            return process;
        }
    }

    /// <summary>Its pid may be another process's from now on.</summary>
    private static void Ended(int pid)
    {
        lock (Started)
            Started.Remove(pid);
    }

    /// <summary>
    /// Has .NET forget a process that is gone. The restored one may get its pid, and .NET would look for ever at the end of a
    /// child that it believes to have reaped.
    /// </summary>
    public static void Forget(Process process, int pid)
    {
        process.WaitForExit(Settings.Patience);
        process.Dispose();
        lock (Started)
            Started.Remove(pid);
    }

    /// <summary>
    /// Reaps the dead descendants of killed processes, which this process has adopted. Without waiting for a start that is
    /// under way: .NET may hold that up until a child that another caller of this is to reap is gone.
    /// </summary>
    public static void ReapAdopted()
    {
        if (!Monitor.TryEnter(Started))
            return;
        try
        {
            foreach (int child in Children(Environment.ProcessId).Where(child => !Started.Contains(child)))
                Reap(child);
        }
        finally
        {
            Monitor.Exit(Started);
        }
    }

    private static readonly HashSet<int> Started = [];

    /// <summary>Processes that a killed tree forked in its last moment are nobody's else.</summary>
    private static readonly Timer Reaper = new(_ => ReapAdopted(), null, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100));

    /// <summary>The children of all threads of a process; none when it is gone.</summary>
    public static IReadOnlyList<int> Children(int pid)
    {
        try
        {
            return [.. Directory.GetDirectories($"/proc/{pid}/task").SelectMany(task => File.ReadAllText(task + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(int.Parse)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>A file system with little room, where root runs the tests; null otherwise.</summary>
    public static string? SmallDisk => Settings.IsRoot ? Path.Combine(Root, "disk") : null;

    private static string MakeRoot()
    {
        // Detached processes become children of the runner: init may take a second to reap one, and its pid is taken meanwhile.
        const int PR_SET_CHILD_SUBREAPER = 36;
        _ = Prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        // The system's own temporary folder, not TMPDIR: other users must reach it.
        string root = $"/tmp/torpor-e2e-{Environment.ProcessId}";
        Directory.CreateDirectory(root);
        string disk = Path.Combine(root, "disk");
        // Ordering: before any target starts. Mounts that come later make the mount namespaces of restored programs differ from ours.
        if (Settings.IsRoot)
        {
            Directory.CreateDirectory(disk);
            Builds.MustRun("mount", "-t", "tmpfs", "-o", "size=400k,mode=777", "none", disk);
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            if (Settings.IsRoot)
                Builds.MustRun("umount", "-l", disk);
            if (Environment.GetEnvironmentVariable("TORPOR_KEEP") is null)
                TryDelete(root);
        };
        return Open(root);
    }

    public static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
        }
        catch (UnauthorizedAccessException)
        {
        }
    }
}
