using System.Diagnostics;

namespace Torpor.EndToEnd;

/// <summary>One instance of a target: its state directory, its pid as the caller sees it (which a restore changes), and the protocol.</summary>
internal sealed class RunningTarget : IDisposable
{
    private readonly Process process;
    private bool detached;
    private readonly List<int> descendants = [];

    /// <summary>What checkpoint is to be given for it.</summary>
    public IReadOnlyList<string> Flags { get; } = [];

    public RunningTarget(TargetProgram program, Actor actor, IEnumerable<(string, string)>? environment = null, bool sameSession = false)
        : this(program.Name, program.Command(), actor, [.. program.Environment, .. environment ?? []], sameSession)
    {
        Flags = program.Flags;
    }

    public RunningTarget(string name, IEnumerable<string> command, Actor actor, IEnumerable<(string, string)>? environment = null, bool sameSession = false)
    {
        Name = name;
        Folder = Playground.NewFolder();
        State = Playground.Open(Directory.CreateDirectory(Path.Combine(Folder, "s")).FullName);
        process = actor.Start([.. command, State], Path.Combine(State, "output"), environment, sameSession);
        Pid = process.Id;
    }

    public string Name { get; }

    /// <summary>For images and logs; the state directory lies in it.</summary>
    public string Folder { get; }

    public string State { get; }

    public int Pid { get; private set; }

    public bool Alive => IsAlive(Pid);

    /// <summary>False for a zombie too: whoever has to reap it may take its time.</summary>
    public static bool IsAlive(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    public string PathOf(string name) => Path.Combine(State, name);

    /// <summary>Waits until the state is set up.</summary>
    public RunningTarget Ready()
    {
        bool ready = Eventually(() => File.Exists(PathOf("ready")) || File.Exists(PathOf("skip")) || !Alive);
        if (File.Exists(PathOf("skip")))
            Assert.Skip(File.ReadAllText(PathOf("skip")));
        Assert.True(ready && File.Exists(PathOf("ready")), Describe("does not become ready"));
        return this;
    }

    /// <summary>Has the target prove its state.</summary>
    public void Check(string when)
    {
        Assert.True(Alive, Describe($"is gone {when}"));
        File.WriteAllText(PathOf("check"), when);
        Eventually(() => File.Exists(PathOf("result")) || !Alive);
        string result = File.Exists(PathOf("result")) ? File.ReadAllText(PathOf("result")) : Alive ? "no answer" : "ended";
        File.Delete(PathOf("check"));
        File.Delete(PathOf("result"));
        Assert.True(result == "ok", Describe($"{when}: {result}"));
    }

    /// <summary>The process has come back under this pid.</summary>
    public void Restored(int pid)
    {
        if (!detached)
            Playground.Forget(process, Pid);
        Pid = pid;
        detached = true;
    }

    /// <summary>Notes the descendants, which become children of the runner when the process is killed.</summary>
    public void RememberDescendants()
    {
        descendants.Clear();
        descendants.Add(Pid);
        for (int i = 0; i < descendants.Count; i++)
            descendants.AddRange(Playground.Children(descendants[i]));
        descendants.Remove(Pid);
    }

    /// <summary>Waits until the processes that were checkpointed are gone, so that their pids are free.</summary>
    public void Gone() => Assert.True(Eventually(() => Reaped()), Describe("is still there"));

    /// <summary>Ends the first instance and proves its exit status.</summary>
    public void Stop()
    {
        File.WriteAllText(PathOf("stop"), "");
        Assert.True(process.WaitForExit(Settings.Patience), Describe("does not stop"));
        Assert.True(process.ExitCode == 42, Describe($"stopped with exit status {process.ExitCode}"));
        NoFailure();
    }

    /// <summary>Asks a restored instance to end and waits until it has.</summary>
    public void StopRestored()
    {
        File.WriteAllText(PathOf("stop"), "");
        Assert.True(Eventually(() => !Alive), Describe("does not stop"));
        NoFailure();
    }

    public string Describe(string what)
    {
        string Read(string name) => File.Exists(PathOf(name)) ? $"\n{name}: {File.ReadAllText(PathOf(name))}" : "";
        return $"{Name} (pid {Pid}) {what}{Read("failed")}{Read("output")}{Threads()}";
    }

    public static bool Eventually(Func<bool> condition)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Settings.Patience; Thread.Sleep(5))
            if (condition())
                return true;
        return false;
    }

    public void Dispose()
    {
        if (IsOurs())
            Playground.Kill(Pid, 9);
        if (!detached && !process.HasExited)
            process.Kill();
        process.Dispose();
        if (Environment.GetEnvironmentVariable("TORPOR_KEEP") is null)
            Playground.TryDelete(Folder);
    }

    private void NoFailure() => Assert.False(File.Exists(PathOf("failed")), Describe("failed by itself"));

    // The first instance is a child that .NET reaps by itself.
    private bool Reaped()
    {
        if (detached)
            Playground.Reap(Pid);
        foreach (int descendant in descendants)
            Playground.Reap(descendant);
        Playground.ReapAdopted();
        return !Directory.Exists($"/proc/{Pid}") && !descendants.Exists(descendant => Directory.Exists($"/proc/{descendant}"));
    }

    // A pid may be someone else's by now; the state directory in the command line is this target's alone.
    private bool IsOurs()
    {
        try
        {
            return File.ReadAllText($"/proc/{Pid}/cmdline").Contains(State, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // What a hung target hangs in.
    private string Threads()
    {
        try
        {
            return "\nthreads: " + string.Join("; ", Directory.GetDirectories($"/proc/{Pid}/task").Take(12)
                .Select(task => File.ReadAllText(task + "/stat").Split(' ')[2] + " " + File.ReadAllText(task + "/syscall").Trim()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
