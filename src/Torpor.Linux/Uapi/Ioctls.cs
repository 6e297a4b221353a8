namespace Torpor.Linux.Uapi;

/// <summary>asm-generic/ioctls.h.</summary>
public static class Ioctls
{
    public const uint TCGETS = 0x5401;
    public const uint TCSETS = 0x5402;
    public const uint TIOCEXCL = 0x540c;
    public const uint TIOCNXCL = 0x540d;
    public const uint TIOCSCTTY = 0x540e;
    public const uint TIOCGPGRP = 0x540f;
    public const uint TIOCSPGRP = 0x5410;
    public const uint TIOCOUTQ = 0x5411;
    public const uint TIOCGWINSZ = 0x5413;
    public const uint TIOCSWINSZ = 0x5414;
    public const uint FIONREAD = 0x541b;
    public const uint FIONBIO = 0x5421;
    public const uint TIOCNOTTY = 0x5422;
    public const uint TIOCGSID = 0x5429;
    public const uint TIOCGPTN = 0x80045430;
    public const uint TIOCSPTLCK = 0x40045431;
    public const uint TIOCGPTLCK = 0x80045439;
    public const uint TIOCPKT = 0x5420;
    public const uint TIOCGPKT = 0x80045438;
    public const uint TIOCGEXCL = 0x80045440;
    public const uint TIOCGPTPEER = 0x5441;
}
