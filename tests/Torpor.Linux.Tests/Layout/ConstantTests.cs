using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Torpor.Linux.Uapi;
using Xunit;

namespace Torpor.Linux.Tests.Layout;

public partial class ConstantTests
{
    /// <summary>Where each class's constants are found. The headers of a line go together; lines may conflict with each other.</summary>
    private static readonly Dictionary<Type, string[]> Headers = new()
    {
        [typeof(Fcntl)] = ["linux/fcntl.h linux/openat2.h linux/memfd.h linux/falloc.h linux/fs.h", "fcntl.h"],
        [typeof(Stat)] = ["linux/stat.h", "sys/stat.h"],
        [typeof(Mman)] = ["linux/mman.h", "sys/mman.h"],
        [typeof(Sched)] = ["linux/sched.h linux/ioprio.h"],
        [typeof(Prctl)] = ["linux/prctl.h asm/prctl.h"],
        [typeof(Signal)] = ["linux/signal.h asm/siginfo.h"],
        [typeof(Time)] = ["linux/time.h linux/timerfd.h", "sys/timerfd.h sys/eventfd.h sys/signalfd.h"],
        [typeof(EventPoll)] = ["linux/eventpoll.h"],
        [typeof(Resource)] = ["linux/resource.h"],
        [typeof(Capability)] = ["linux/capability.h linux/securebits.h"],
        [typeof(Membarrier)] = ["linux/membarrier.h"],
        [typeof(Futex)] = ["linux/futex.h linux/rseq.h"],
        [typeof(Wait)] = ["linux/wait.h"],
        [typeof(Poll)] = ["asm/poll.h"],
        [typeof(Ioctls)] = ["asm/ioctls.h"],
        [typeof(TermBits)] = ["asm/termbits.h"],
        [typeof(Socket)] = ["sys/socket.h linux/tcp.h linux/in.h linux/in6.h linux/udp.h linux/sockios.h asm/ioctls.h", "sys/socket.h netinet/in.h netinet/tcp.h"],
        [typeof(SockDiagNumbers)] = ["linux/netlink.h linux/sock_diag.h linux/unix_diag.h linux/inet_diag.h"],
        [typeof(Netlink)] = ["sys/socket.h linux/netlink.h"],
        [typeof(Seccomp)] = ["linux/seccomp.h linux/filter.h linux/bpf_common.h"],
        [typeof(Packet)] = ["linux/if_packet.h linux/packet_diag.h"],
        [typeof(FileSystemMagic)] = ["linux/magic.h"],
        [typeof(Pagemap)] = ["linux/fs.h"],
        [typeof(PtraceEvent)] = ["linux/ptrace.h"],
        [typeof(PtraceOptions)] = ["linux/ptrace.h"],
        [typeof(PageCategories)] = ["linux/fs.h"],
    };

    /// <summary>Names that the kernel's headers for programs lack, or give another value because C libraries keep signals for themselves.</summary>
    private static readonly HashSet<string> NotInHeaders =
    [
        "PM_SOFT_DIRTY", "PM_MMAP_EXCLUSIVE", "PM_UFFD_WP", "PM_GUARD_REGION", "PM_FILE", "PM_SWAP", "PM_PRESENT",
        "SIGRTMAX", "NSIG", "BPF_RET_K", "FilterInstructionSize",
    ];

    public static TheoryData<string> Names => [.. Headers.Keys.Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Constants_OfHeader_HaveItsValues(string name)
    {
        Type type = Headers.Keys.Single(t => t.Name == name);
        var constants = type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.IsLiteral && !NotInHeaders.Contains(field.Name) && field.Name != "None")
            .ToDictionary(field => field.Name, field => Bits(field.GetRawConstantValue()!));
        var wrong = new List<string>();
        var missing = new HashSet<string>(constants.Keys);
        foreach (string line in Headers[type])
        {
            foreach ((string constant, ulong value) in Ask(line, missing.ToList()))
            {
                missing.Remove(constant);
                if (!AreSame(value, constants[constant]))
                    wrong.Add($"{constant}: {constants[constant]:x} here, {value:x} in C");
            }
        }

        Assert.Empty(wrong);
        if (missing.Count == constants.Count)
            Assert.Skip($"the installed kernel headers have none of: {string.Join(' ', missing)}");
        if (missing.Count > 0)
            TestContext.Current.TestOutputHelper!.WriteLine($"not in the installed headers: {string.Join(' ', missing)}");
        Assert.True(missing.Count <= constants.Count / 4, $"too many constants are in no header: {string.Join(' ', missing)}");
    }

    [Fact]
    public void Classes_OfConstants_AreAllCompared()
    {
        string[] declared = [.. typeof(Fcntl).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(Fcntl).Namespace && type is { IsClass: true, IsAbstract: true, IsSealed: true })
            .Select(type => type.Name)
            .Order()];

        Assert.Equal([.. Headers.Keys.Where(type => type.IsClass).Select(type => type.Name).Order()], declared);
    }

    /// <summary>The values of those names that the headers know. What the compiler complains about is left out and it is asked again.</summary>
    private static Dictionary<string, ulong> Ask(string headers, List<string> names)
    {
        for (int attempt = 0; names.Count > 0 && attempt < 3; attempt++)
        {
            var source = new StringBuilder("#define _GNU_SOURCE\n#include <stdio.h>\n");
            foreach (string header in headers.Split(' '))
                source.Append($"#include <{header}>\n");
            source.Append("int main(void) {\n");
            foreach (string name in names)
                source.Append($"printf(\"{name} %llx\\n\", (unsigned long long)({name}));\n");
            string? output = CCompiler.Run(source.Append("}\n").ToString(), out string errors);
            if (output is not null)
                return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))
                    .ToDictionary(parts => parts[0], parts => Convert.ToUInt64(parts[1], 16));
            HashSet<string> unknown = [.. Undeclared().Matches(errors).Select(match => match.Groups[1].Value)];
            Assert.True(names.RemoveAll(unknown.Contains) > 0, errors);
        }
        return [];
    }

    /// <summary>Equal, but for the sign extension of 32-bit numbers, which C makes unsigned where the class does not.</summary>
    private static bool AreSame(ulong first, ulong second) =>
        first == second || ((uint)first == (uint)second && first >> 32 is 0 or uint.MaxValue && second >> 32 is 0 or uint.MaxValue);

    private static ulong Bits(object value) => value is ulong bits ? bits : unchecked((ulong)Convert.ToInt64(value));

    [GeneratedRegex("'([A-Za-z0-9_]+)' undeclared")]
    private static partial Regex Undeclared();
}
