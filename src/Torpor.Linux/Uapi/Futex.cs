namespace Torpor.Linux.Uapi;

/// <summary>linux/futex.h and linux/rseq.h.</summary>
public static class Futex
{
    public const int FUTEX_WAIT = 0;
    public const int FUTEX_WAKE = 1;
    public const int FUTEX_REQUEUE = 3;
    public const int FUTEX_CMP_REQUEUE = 4;
    public const int FUTEX_LOCK_PI = 6;
    public const int FUTEX_WAIT_BITSET = 9;
    public const int FUTEX_WAKE_BITSET = 10;
    public const int FUTEX_PRIVATE_FLAG = 128;
    public const int FUTEX_CLOCK_REALTIME = 256;

    public const uint FUTEX_WAITERS = 0x80000000;
    public const uint FUTEX_OWNER_DIED = 0x40000000;
    public const uint FUTEX_TID_MASK = 0x3fffffff;

    public const int RSEQ_FLAG_UNREGISTER = 1;
}
