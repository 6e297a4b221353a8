using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Torpor.Linux.Uapi;
using Xunit;

namespace Torpor.Linux.Tests.Layout;

public class StructureTests
{
    /// <summary>Each structure with its headers, its C name, and the fields whose C names differ; an empty C name is not compared.</summary>
    private static readonly Dictionary<Type, (string Headers, string Name, Dictionary<string, string> Fields)> Structures = new()
    {
        [typeof(StatxTimestamp)] = ("linux/stat.h", "struct statx_timestamp", new() { ["reserved"] = "__reserved" }),
        [typeof(Statx)] = ("linux/stat.h", "struct statx", new() { ["spare0"] = "__spare0" }),
        [typeof(PageRegion)] = ("linux/fs.h", "struct page_region", []),
        [typeof(PmScanArg)] = ("linux/fs.h", "struct pm_scan_arg", []),
        [typeof(SchedulingAttributes)] = ("linux/sched/types.h", "struct sched_attr", []),
        [typeof(NlMsgHdr)] = ("linux/netlink.h", "struct nlmsghdr", []),
        [typeof(UnixDiagReq)] = ("linux/unix_diag.h", "struct unix_diag_req", Cookie("udiag")),
        [typeof(UnixDiagMsg)] = ("linux/unix_diag.h", "struct unix_diag_msg", Cookie("udiag")),
        [typeof(InetDiagSockId)] = ("linux/inet_diag.h", "struct inet_diag_sockid", Cookie("idiag")),
        [typeof(InetDiagReqV2)] = ("linux/inet_diag.h", "struct inet_diag_req_v2", []),
        [typeof(InetDiagMsg)] = ("linux/inet_diag.h", "struct inet_diag_msg", []),
        [typeof(SocketCalls.MessageHeader)] = ("sys/socket.h", "struct msghdr", []),
        [typeof(SocketCalls.IoVector)] = ("sys/uio.h", "struct iovec", []),
        [typeof(RemoteRange)] = ("sys/uio.h", "struct iovec", new() { ["Start"] = "iov_base", ["Length"] = "iov_len" }),
    };

    private static Dictionary<string, string> Cookie(string prefix) =>
        new() { [$"{prefix}_cookie_low"] = $"{prefix}_cookie[0]", [$"{prefix}_cookie_high"] = $"{prefix}_cookie[1]" };

    /// <summary>Sixteen bytes without a name in C, and a value that is copied from a layout.</summary>
    private static readonly string[] Exempt = ["RseqConfiguration", "UInt128Bytes"];

    public static TheoryData<string> Names => [.. Structures.Keys.Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Layout_OfStructure_IsThatOfTheHeader(string name)
    {
        Type type = Structures.Keys.Single(t => t.Name == name);
        (string headers, string cName, Dictionary<string, string> renamed) = Structures[type];
        FieldInfo[] fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        var source = new StringBuilder($"#include <stddef.h>\n#include <stdio.h>\n#include <{headers}>\nint main(void) {{\n");
        source.Append($"printf(\"size %zu\\n\", sizeof({cName}));\n");
        var expected = new StringBuilder($"size {Marshal.SizeOf(type)}\n");
        foreach (FieldInfo field in fields)
        {
            string plain = field.Name.StartsWith('<') ? field.Name[1..field.Name.IndexOf('>')] : field.Name;
            string cField = renamed.GetValueOrDefault(plain, plain);
            source.Append($"printf(\"{plain} %zu %zu\\n\", offsetof({cName}, {cField}), sizeof((({cName} *)0)->{cField}));\n");
            expected.Append($"{plain} {Marshal.OffsetOf(type, field.Name)} {Marshal.SizeOf(field.FieldType)}\n");
        }

        string? output = CCompiler.Run(source.Append("}\n").ToString(), out string errors);

        if (output is null && (errors.Contains("incomplete type") || errors.Contains("undeclared") || errors.Contains("undefined type")))
            Assert.Skip($"the installed kernel headers do not have {cName}");
        Assert.True(output is not null, errors);
        Assert.Equal(expected.ToString(), output);
    }

    [Fact]
    public void Sizes_OfPtraceStructures_AreThoseOfTheHeader()
    {
        var source = new StringBuilder("#include <stdio.h>\n#include <linux/ptrace.h>\n#include <sys/uio.h>\nint main(void) {\n");
        foreach (string name in Ptrace.LayoutSizes.Keys)
            source.Append($"printf(\"{name}=%zu\\n\", sizeof({name}));\n");

        string? output = CCompiler.Run(source.Append("}\n").ToString(), out string errors);

        Assert.True(output is not null, errors);
        Assert.Equal(string.Concat(Ptrace.LayoutSizes.Select(pair => $"{pair.Key}={pair.Value}\n")), output);
    }

    [Fact]
    public void Structures_OfUapi_AreAllCompared()
    {
        string[] declared = [.. typeof(Statx).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(Statx).Namespace && type is { IsValueType: true, IsEnum: false, IsNested: false })
            .Select(type => type.Name)
            .Order()];
        string[] compared = [.. Structures.Keys.Where(type => type.Namespace == typeof(Statx).Namespace).Select(type => type.Name).Concat(Exempt).Order()];

        Assert.Equal(compared, declared);
    }
}
