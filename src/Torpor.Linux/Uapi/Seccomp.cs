namespace Torpor.Linux.Uapi;

/// <summary>linux/seccomp.h, and what of linux/filter.h describes a filter's instructions.</summary>
public static class Seccomp
{
    public const int SECCOMP_MODE_DISABLED = 0;
    public const int SECCOMP_MODE_STRICT = 1;
    public const int SECCOMP_MODE_FILTER = 2;

    public const int SECCOMP_SET_MODE_STRICT = 0;
    public const int SECCOMP_SET_MODE_FILTER = 1;

    public const uint SECCOMP_FILTER_FLAG_TSYNC = 1 << 0;
    public const uint SECCOMP_FILTER_FLAG_LOG = 1 << 1;
    public const uint SECCOMP_FILTER_FLAG_SPEC_ALLOW = 1 << 2;

    public const uint SECCOMP_RET_USER_NOTIF = 0x7fc00000;
    public const uint SECCOMP_RET_ACTION_FULL = 0xffff0000;

    /// <summary>struct sock_filter: code, two jump offsets and k.</summary>
    public const int FilterInstructionSize = 8;

    /// <summary>BPF_RET | BPF_K: the filter's answer is the instruction's k.</summary>
    public const ushort BPF_RET_K = 0x06;

    /// <summary>BPF_MAXINSNS: of one filter.</summary>
    public const int BPF_MAXINSNS = 4096;
}
