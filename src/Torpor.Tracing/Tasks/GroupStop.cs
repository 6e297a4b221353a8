using Torpor.Linux;
using Torpor.Linux.ProcFs;

namespace Torpor.Tracing;

/// <summary>Processes that job control has stopped.</summary>
internal static class GroupStop
{
    private const int MostLooks = 1000;

    /// <summary>
    /// Waits until a stopped process that was let go stands still again: it wakes for a moment, and nobody should see that.
    /// It is not for long, because whoever continues it meanwhile would be waited for in vain.
    /// </summary>
    public static void Await(Pid pid)
    {
        var proc = new ProcTask(pid);
        for (int look = 0; look < MostLooks; look++)
        {
            try
            {
                if (proc.Stat().State is 'T' or 'Z' or 'X')
                    return;
            }
            catch (LinuxException)
            {
                return;
            }
            Thread.Yield();
        }
    }
}
