using Torpor.Model;

namespace Torpor.Slices.Memory;

/// <summary>The address space: mappings with their contents, the program break, argument areas and <c>/proc/PID/exe</c>.</summary>
internal sealed class MemorySlice : ISlice
{
    public string Name => "memory";

    public void Inspect(CaptureContext context)
    {
        var capture = new MemoryCapture(context);
        context.State.Set(capture);
        capture.Inspect();
    }

    public void Ask(CaptureContext context) => context.State.Get<MemoryCapture>().Ask();

    public void Capture(CaptureContext context) => context.State.Get<MemoryCapture>().Capture();

    public void Compile(RestoreContext context) => MemoryRestore.Compile(context);
}
