namespace Torpor.Linux;

/// <summary>A device number, see makedev(3).</summary>
public readonly record struct DeviceId(uint Major, uint Minor)
{
    /// <summary>From the kernel's own form, <c>major &lt;&lt; 20 | minor</c>, as <c>sdev:</c> in /proc/PID/fdinfo shows it.</summary>
    public static DeviceId FromKernel(uint device) => new(device >> 20, device & 0xfffff);

    /// <summary>From the form of <c>struct stat</c> and mknod(2).</summary>
    public static DeviceId FromStat(ulong device) =>
        new((uint)((device >> 8) & 0xfff) | (uint)((device >> 32) & 0xfffff000), (uint)(device & 0xff) | (uint)((device >> 12) & 0xffffff00));

    /// <summary>The kernel's own form, <c>major &lt;&lt; 20 | minor</c>.</summary>
    public uint ToKernel() => (Major << 20) | (Minor & 0xfffff);

    /// <summary>The form of <c>struct stat</c> and mknod(2).</summary>
    public ulong ToStat() =>
        (Minor & 0xff) | ((ulong)(Major & 0xfff) << 8) | ((ulong)(Minor & 0xffffff00) << 12) | ((ulong)(Major & 0xfffff000) << 32);

    /// <summary>As in /proc/PID/maps: two hexadecimal numbers.</summary>
    public override string ToString() => $"{Major:x2}:{Minor:x2}";
}
