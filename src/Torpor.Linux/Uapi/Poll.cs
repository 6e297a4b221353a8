namespace Torpor.Linux.Uapi;

/// <summary>asm-generic/poll.h.</summary>
public static class Poll
{
    public const short POLLIN = 0x1;
    public const short POLLPRI = 0x2;
    public const short POLLOUT = 0x4;
    public const short POLLERR = 0x8;
    public const short POLLHUP = 0x10;
    public const short POLLRDHUP = 0x2000;
}
