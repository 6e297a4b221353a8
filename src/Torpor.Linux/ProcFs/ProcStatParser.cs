namespace Torpor.Linux.ProcFs;

/// <summary>Reads /proc/PID/stat.</summary>
internal static class ProcStatParser
{
    public static ProcStat Parse(string file, ReadOnlySpan<byte> text)
    {
        var line = new ProcReader(file, text);
        int pid = line.Int32("pid");
        line.Expect((byte)' ', "comm");
        line.Expect((byte)'(', "comm");
        // comm may hold parentheses, blanks and newlines; no later field holds a parenthesis.
        int end = line.Rest.LastIndexOf((byte)')');
        if (end < 0)
            throw line.Fail("comm", "')' expected");
        string comm = PathText.Decode(line.Rest[..end]);
        line.Skip(end + 1);
        line.SkipBlanks();
        return new ProcStat
        {
            // Initializers run in the order of the text, which is that of the file.
            Pid = new Tid(pid),
            Comm = comm,
            State = (char)line.Byte("state"),
            PPid = new Pid(Int(ref line, "ppid")),
            Pgrp = Int(ref line, "pgrp"),
            Session = Int(ref line, "session"),
            TtyNr = Int(ref line, "tty_nr"),
            Tpgid = Int(ref line, "tpgid"),
            Flags = (uint)Unsigned(ref line, "flags"),
            MinFlt = Unsigned(ref line, "minflt"),
            CMinFlt = Unsigned(ref line, "cminflt"),
            MajFlt = Unsigned(ref line, "majflt"),
            CMajFlt = Unsigned(ref line, "cmajflt"),
            UTime = Unsigned(ref line, "utime"),
            STime = Unsigned(ref line, "stime"),
            CUTime = Signed(ref line, "cutime"),
            CSTime = Signed(ref line, "cstime"),
            Priority = Signed(ref line, "priority"),
            Nice = Int(ref line, "nice"),
            NumThreads = Int(ref line, "num_threads"),
            ItRealValue = Signed(ref line, "itrealvalue"),
            StartTime = Unsigned(ref line, "starttime"),
            VSize = Unsigned(ref line, "vsize"),
            Rss = Signed(ref line, "rss"),
            RssLim = Unsigned(ref line, "rsslim"),
            StartCode = Address(ref line, "startcode"),
            EndCode = Address(ref line, "endcode"),
            StartStack = Address(ref line, "startstack"),
            KstkEsp = Unsigned(ref line, "kstkesp"),
            KstkEip = Unsigned(ref line, "kstkeip"),
            Signal = Unsigned(ref line, "signal"),
            Blocked = Unsigned(ref line, "blocked"),
            SigIgnore = Unsigned(ref line, "sigignore"),
            SigCatch = Unsigned(ref line, "sigcatch"),
            WChan = Unsigned(ref line, "wchan"),
            NSwap = Unsigned(ref line, "nswap"),
            CNSwap = Unsigned(ref line, "cnswap"),
            ExitSignal = Int(ref line, "exit_signal"),
            Processor = Int(ref line, "processor"),
            RtPriority = (uint)Unsigned(ref line, "rt_priority"),
            Policy = (uint)Unsigned(ref line, "policy"),
            DelayAcctBlkIoTicks = Unsigned(ref line, "delayacct_blkio_ticks"),
            GuestTime = Unsigned(ref line, "guest_time"),
            CGuestTime = Signed(ref line, "cguest_time"),
            StartData = Address(ref line, "start_data"),
            EndData = Address(ref line, "end_data"),
            StartBrk = Address(ref line, "start_brk"),
            ArgStart = Address(ref line, "arg_start"),
            ArgEnd = Address(ref line, "arg_end"),
            EnvStart = Address(ref line, "env_start"),
            EnvEnd = Address(ref line, "env_end"),
            ExitCode = Int(ref line, "exit_code"),
        };
    }

    private static int Int(ref ProcReader line, string field)
    {
        line.SkipBlanks();
        return line.Int32(field);
    }

    private static long Signed(ref ProcReader line, string field)
    {
        line.SkipBlanks();
        return line.Signed(field);
    }

    private static ulong Unsigned(ref ProcReader line, string field)
    {
        line.SkipBlanks();
        return line.Decimal(field);
    }

    private static RemoteAddress Address(ref ProcReader line, string field) => new(Unsigned(ref line, field));
}
