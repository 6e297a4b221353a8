using System.Runtime.Intrinsics.X86;

namespace Torpor.Slices.Registers;

/// <summary>Where the parts of the xsave area are on this processor: CPUID leaf 0xD.</summary>
internal static class XsaveComponents
{
    public const int Avx = 2;
    public const int BoundRegisters = 3;
    public const int BoundConfiguration = 4;
    public const int Opmask = 5;
    public const int ZmmUpper = 6;
    public const int Hi16Zmm = 7;
    public const int Pkru = 9;

    private const int Leaf = 0xd;

    /// <summary>False when this processor lacks the component.</summary>
    public static bool TryFind(int component, int areaLength, out int offset, out int length)
    {
        (offset, length) = (0, 0);
        if (!X86Base.IsSupported)
            return false;
        (int size, int start, _, _) = X86Base.CpuId(Leaf, component);
        (offset, length) = (start, size);
        return size > 0 && start >= 576 && start + size <= areaLength;
    }
}
