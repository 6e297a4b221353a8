using Google.Protobuf;
using Torpor.Images.Messages;

namespace Torpor.Slices.Vdso;

/// <summary>
/// Between the block and its image: its parts are entries among the other mappings in the mm image, which the memory
/// slice writes with all others; the content is a field of its own.
/// </summary>
internal static class VdsoImage
{
    // CRIU's bits of vma_entry.status.
    private const uint VMA_AREA_VDSO = 1 << 3;
    private const uint VMA_AREA_VVAR = 1 << 12;

    /// <summary>A [vdso] has two pages today, a [vvar] four.</summary>
    private const int MaximumContent = 1 << 20;

    public static void SetContent(MmEntry mm, ReadOnlySpan<byte> content) => mm.TorporVdso = ByteString.CopyFrom(content);

    public static VdsoState FromImage(MmEntry mm)
    {
        List<VmaEntry> entries = [.. mm.Vmas.Where(v => (v.Status & (VMA_AREA_VDSO | VMA_AREA_VVAR)) != 0).OrderBy(v => v.Start)];
        ulong start = entries.Count > 0 ? entries[0].Start : 0;
        if (mm.TorporVdso.Length > MaximumContent)
            throw new TorporException(FailureKind.ImageDamaged, $"mm image: a vDSO of {mm.TorporVdso.Length} bytes", "take the checkpoint again");
        return new VdsoState(start, [.. entries.Select(v => new VdsoPart(NameOf(v), v.Start - start, unchecked(v.End - v.Start)))], mm.TorporVdso.Memory);
    }

    private static string NameOf(VmaEntry entry) =>
        entry.HasTorporName ? entry.TorporName : (entry.Status & VMA_AREA_VDSO) != 0 ? "[vdso]" : "[vvar]";
}
