namespace Torpor.Targets;

/// <summary>The protocol of a self-checking target, see ../README.md.</summary>
internal static class Target
{
    private static readonly Lock Gate = new();
    private static string directory = "";
    private static string? failure;

    public static string PathOf(string name) => Path.Combine(directory, name);

    private static void Write(string name, string text)
    {
        string temporary = PathOf($".{name}.{Environment.CurrentManagedThreadId}");
        File.WriteAllText(temporary, text);
        File.Move(temporary, PathOf(name), overwrite: true);
    }

    /// <summary>Reports the first thing that is wrong, from any thread.</summary>
    public static void Fail(string reason)
    {
        lock (Gate)
        {
            if (failure is null)
            {
                failure = reason;
                Write("failed", reason);
            }
        }
    }

    public static void Expect(bool condition, string reason)
    {
        if (!condition)
            Fail(reason);
    }

    public static bool Eventually(Func<bool> condition)
    {
        for (int i = 0; i < 1500; i++, Thread.Sleep(10))
            if (condition())
                return true;
        return false;
    }

    public static void Start(string name, Action body)
    {
        var thread = new Thread(() => Guarded(body)) { Name = name, IsBackground = true };
        thread.Start();
    }

    private static void Guarded(Action body)
    {
        try
        {
            body();
        }
        catch (Exception e)
        {
            Fail($"{Thread.CurrentThread.Name}: {e}");
        }
    }

    public static int Run(string[] args, Action setUp, Action verify)
    {
        directory = args[0];
        int pid = Environment.ProcessId;
        setUp();
        Write("ready", pid.ToString());
        for (; !File.Exists(PathOf("stop")); Thread.Sleep(20))
            if (File.Exists(PathOf("check")) && !File.Exists(PathOf("result")))
            {
                Guarded(verify);
                Write("result", failure is null ? "ok" : $"FAIL: {failure}");
            }
        return 42;
    }
}
