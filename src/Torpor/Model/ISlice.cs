namespace Torpor.Model;

/// <summary>
/// One kernel concept. A slice reads its part of the kernel's state into images and turns images into steps of a plan.
/// The engine calls the phases in the order of its one table; a slice never calls a sibling. Most slices know one process
/// at a time; those whose objects several processes share implement the phases for the tree instead.
/// </summary>
public interface ISlice
{
    /// <summary>The concept's name, as in its folder and its doc page.</summary>
    string Name { get; }

    /// <summary>
    /// Looks at the stopped target through /proc and duplicated descriptors only; keeps what it finds in the context and
    /// adds a refusal for each object that can't be captured. No code has run in the target when this is called.
    /// </summary>
    void Inspect(CaptureContext context)
    {
    }

    void Inspect(CaptureTree tree)
    {
        foreach (CaptureContext process in tree.Processes)
            Inspect(process);
    }

    /// <summary>Queues the system calls that the target must be made to run because nothing outside tells: <see cref="CapturedThread.Query"/>.</summary>
    void Ask(CaptureContext context)
    {
    }

    /// <summary>Reads the answers and fills the images.</summary>
    void Capture(CaptureContext context)
    {
    }

    void Capture(CaptureTree tree)
    {
        foreach (CaptureContext process in tree.Processes)
            Capture(process);
    }

    /// <summary>Checks the images and emits the steps that bring the concept back. Pure but for reading the images and looking at files.</summary>
    void Compile(RestoreContext context)
    {
    }

    void Compile(RestoreTree tree)
    {
        foreach (RestoreContext process in tree.Processes)
            Compile(process);
    }
}
