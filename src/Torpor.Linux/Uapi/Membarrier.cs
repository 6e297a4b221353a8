namespace Torpor.Linux.Uapi;

/// <summary>linux/membarrier.h.</summary>
public static class Membarrier
{
    public const int MEMBARRIER_CMD_QUERY = 0;
    public const int MEMBARRIER_CMD_GLOBAL = 1 << 0;
    public const int MEMBARRIER_CMD_GLOBAL_EXPEDITED = 1 << 1;
    public const int MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 1 << 2;
    public const int MEMBARRIER_CMD_PRIVATE_EXPEDITED = 1 << 3;
    public const int MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 1 << 4;
    public const int MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE = 1 << 5;
    public const int MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 1 << 6;
    public const int MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ = 1 << 7;
    public const int MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ = 1 << 8;
    public const int MEMBARRIER_CMD_GET_REGISTRATIONS = 1 << 9;
}
