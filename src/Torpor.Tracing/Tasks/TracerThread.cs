namespace Torpor.Tracing;

/// <summary>Runs work that traces: the kernel ties a tracee to the OS thread that seized it, so all of it is one thread's.</summary>
public static class TracerThread
{
    /// <summary>Runs the work on a thread of its own and returns its result or throws its exception.</summary>
    public static T Run<T>(Func<T> work)
    {
        T result = default!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                failure = e;
            }
        })
        { Name = "tracer" };
        thread.Start();
        thread.Join();
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        return result;
    }
}
