using System.Diagnostics;

namespace Torpor.Linux.Tests.Syscalls;

/// <summary>A child process that sleeps until it is disposed of.</summary>
internal sealed class Child : IDisposable
{
    private readonly Process _process = Process.Start(new ProcessStartInfo("sleep", "1000") { RedirectStandardOutput = true })!;

    public Child() => Pid = new Pid(_process.Id);

    public Pid Pid { get; }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>The pid of a process that has ended and was waited for.</summary>
    public static Pid Gone()
    {
        using Process process = Process.Start("true");
        process.WaitForExit();
        return new Pid(process.Id);
    }
}
