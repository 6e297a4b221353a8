using System.Diagnostics;

namespace Torpor.EndToEnd.Scenarios;

/// <summary>Processes that can't be checkpointed: each gets its own exit code and a sentence, and goes on.</summary>
public sealed class WrongProcess : Scenario
{
    [Fact]
    public void Checkpoint_NoSuchProcess_Says102()
    {
        using Process gone = Actor.User.Start(["true"], Path.Combine(Playground.NewFolder(), "output"));
        gone.WaitForExit();
        string images = Path.Combine(Playground.NewFolder(), "i");
        Refuses(Checkpoint(gone.Id, images), 102);
        LeavesNothing(images);
    }

    [Fact]
    public void Checkpoint_NotANumber_SaysUsage() => Refuses(Actor.User.Run([Binary, "checkpoint", "nonsense", "-o", "/tmp/nowhere"]), 101);

    [Fact]
    public void Checkpoint_SomeoneElses_Says103()
    {
        NeedsRoot("a process of another user");
        using RunningTarget target = Start("devices", Actor.Caller);
        string images = Path.Combine(target.Folder, "i");
        Playground.Open(target.Folder);
        Refuses(Checkpoint(target.Pid, images), 103);
        LeavesNothing(images);
        target.Check("after a refused checkpoint");
    }

    [Fact]
    public void Checkpoint_KernelThread_Says104()
    {
        if (!File.Exists("/proc/2/status") || !File.ReadAllText("/proc/2/stat").Contains("kthreadd", StringComparison.Ordinal))
            Assert.Skip("no kernel threads are visible in this pid namespace");
        string images = Path.Combine(Playground.NewFolder(), "i");
        Refuses(Checkpoint(2, images), 104);
        LeavesNothing(images);
    }

    [Fact]
    public void Checkpoint_TracedProcess_Says106AndBothGoOn()
    {
        using RunningTarget target = Start("devices");
        Process tracer = Python($"""
            import ctypes, time
            libc = ctypes.CDLL(None, use_errno=True)
            libc.ptrace.argtypes = [ctypes.c_long] * 4
            assert libc.ptrace(0x4206, {target.Pid}, 0, 0) == 0, ctypes.get_errno()
            open("{target.PathOf("traced")}", "w").close()
            time.sleep(600)
            """);
        try
        {
            Assert.True(RunningTarget.Eventually(() => File.Exists(target.PathOf("traced")) || tracer.HasExited) && !tracer.HasExited, "the tracer does not trace");
            string images = Path.Combine(target.Folder, "i");
            Refuses(Checkpoint(target.Pid, images), 106);
            LeavesNothing(images);
            target.Check("while it is traced by another");
        }
        finally
        {
            End(tracer);
        }
    }

    [Fact]
    public void Checkpoint_Zombie_Says118()
    {
        string folder = Playground.NewFolder();
        Process parent = Python($"""
            import os, time
            child = os.fork()
            if child == 0: os._exit(0)
            open("{folder}/child.new", "w").write(str(child)); os.rename("{folder}/child.new", "{folder}/child")
            time.sleep(600)
            """);
        try
        {
            Assert.True(RunningTarget.Eventually(() => File.Exists(folder + "/child")), "no child");
            int child = Rung.ReadPid(folder + "/child");
            Assert.True(RunningTarget.Eventually(() => !RunningTarget.IsAlive(child)), "the child lives");
            Refuses(Checkpoint(child, folder + "/i"), 118);
            LeavesNothing(folder + "/i");
        }
        finally
        {
            End(parent);
        }
    }

    [Fact]
    public void Checkpoint_ThirtyTwoBitProcess_Says114()
    {
        string folder = Playground.NewFolder(), source = Path.Combine(folder, "small.c");
        File.WriteAllText(source, "void _start(void) { for (;;) { int result; __asm__ volatile(\"int $0x80\" : \"=a\"(result) : \"a\"(29)); } }\n"); // pause
        string binary = Builds.Compile(source, folder, "-m32", "-nostdlib", "-static", "-fno-pic", "-no-pie");
        using Process process = Actor.User.Start([binary], Path.Combine(folder, "output"));
        try
        {
            Thread.Sleep(300);
            if (process.HasExited)
                Assert.Skip("this kernel runs no 32-bit programs");
            Refuses(Checkpoint(process.Id, folder + "/i"), 114);
            LeavesNothing(folder + "/i");
            Assert.True(RunningTarget.IsAlive(process.Id), "the process died");
        }
        finally
        {
            End(process);
        }
    }

    [Theory, InlineData("os.pidfd_open(os.getpid())"), InlineData("os.pidfd_open(os.getppid())")]
    public void Checkpoint_ObjectThatIsNotSupported_Says115AndNamesTheDescriptor(string expression)
    {
        string folder = Playground.NewFolder();
        Process holder = Python($"""
            import ctypes, os, socket, time
            held = {expression}
            number = held if isinstance(held, int) else held.fileno()
            open("{folder}/fd.new", "w").write(str(number)); os.rename("{folder}/fd.new", "{folder}/fd")
            time.sleep(600)
            """);
        try
        {
            Assert.True(RunningTarget.Eventually(() => File.Exists(folder + "/fd")), "the process does not start");
            Outcome outcome = Checkpoint(holder.Id, folder + "/i");
            Refuses(outcome, 115);
            Assert.Contains(File.ReadAllText(folder + "/fd"), outcome.Output);
            LeavesNothing(folder + "/i");
            Assert.True(RunningTarget.IsAlive(holder.Id), "the process died");
        }
        finally
        {
            End(holder);
        }
    }

    [Fact]
    public void Checkpoint_ProcessThatExitsMeanwhile_NeverFailsBadly()
    {
        for (int i = 0; i < 12; i++)
        {
            string folder = Playground.NewFolder();
            using Process process = Actor.User.Start(["sleep", $"0.{i:00}"], Path.Combine(folder, "output"));
            // Until it is the program itself, it still has what the test runner left to it.
            while (CommandOf(process.Id) is "Torpor.EndToEnd" or "setpriv" or "launch" or ".NET Launcher")
                Thread.Yield();
            Outcome outcome = Checkpoint(process.Id, folder + "/i");
            Assert.True(outcome.ExitCode is 0 or 102 or 105 or 118, outcome.ToString());
            if (outcome.ExitCode != 0)
                LeavesNothing(folder + "/i");
            End(process);
        }
    }

    private static string CommandOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
