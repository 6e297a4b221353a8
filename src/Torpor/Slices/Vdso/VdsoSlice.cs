using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Slices.Vdso;

/// <summary>The kernel's own mappings: moved, not copied, because their content is the running kernel's.</summary>
internal sealed class VdsoSlice : ISlice
{
    private const int MREMAP_MAYMOVE = 1;
    private const int MREMAP_FIXED = 2;

    public string Name => "vdso";

    public void Capture(CaptureContext context)
    {
        MemoryMapping? vdso = context.Proc.Maps().FirstOrDefault(m => m.Name == "[vdso]");
        if (vdso is null)
            return;
        byte[] content = new byte[vdso.Length];
        context.Memory.Read(vdso.Start, content);
        VdsoImage.SetContent(context.Images.Mm, VdsoElf.Content(content));
    }

    public void Compile(RestoreContext context)
    {
        if (context.MemoryOwner is not null)
            return;
        RestoredAddressSpace space = context.AddressSpace;
        VdsoState saved = VdsoImage.FromImage(context.Images.Mm);
        var here = new VdsoState(space.ParkedVdso.Value,
            [.. space.ParkedParts.Select(p => new VdsoPart(p.Name, p.Offset, p.Size))],
            VdsoElf.Content(space.VdsoContent).ToArray());
        if (saved.Parts.Count == 0)
        {
            if (space.ParkedVdsoSize > 0)
                context.Memory.Call("unmap the kernel's own mappings", Expectation.Exactly(0), SyscallNumber.munmap, space.ParkedVdso, space.ParkedVdsoSize);
            return;
        }
        if (!saved.IsSameAs(here))
        {
            throw new TorporException(FailureKind.Refused, $"the process holds addresses in the vDSO of another kernel ({saved}; this kernel has {here})",
                "boot the kernel that the checkpoint was taken under");
        }
        foreach (VdsoPart part in here.Parts)
        {
            ulong goal = saved.Start + part.Offset;
            context.Memory.Call($"move {part.Name} to 0x{goal:x}", Expectation.Exactly(goal), SyscallNumber.mremap,
                here.Start + part.Offset, part.Size, part.Size, MREMAP_MAYMOVE | MREMAP_FIXED, goal);
        }
    }
}
