using Torpor.Linux;
using Xunit;

namespace Torpor.Tests.Api;

public sealed class DoctorTests
{
    private const ulong CheckpointRestore = 1UL << DoctorFacts.CAP_CHECKPOINT_RESTORE;
    private const ulong Ptrace = 1UL << DoctorFacts.CAP_SYS_PTRACE;
    private const ulong Everything = ulong.MaxValue;

    private static readonly DoctorFacts s_ordinary = new()
    {
        Kernel = new Version(6, 1),
        UserId = 1000,
        EffectiveCapabilities = 0,
        NoNewPrivileges = false,
        SeccompMode = 0,
        PtraceScope = 0,
        Namespaces = NamespaceOutcome.Works,
        NamespaceErrno = Errno.None,
        NamespaceFailure = null,
        AppArmorRestrictsNamespaces = false,
        TimeNamespaces = true,
        ForeignCalls = [("kcmp", Errno.None)],
        Clone3 = Errno.EINVAL,
        PageScan = false,
    };

    private static DoctorCheck Check(DoctorFacts facts, string name) => Doctor.Conclude(facts).Checks.Single(check => check.Name == name);

    [Theory]
    [InlineData(1000, 0UL, PrivilegeRung.PrivateNamespace)]
    [InlineData(1000, CheckpointRestore, PrivilegeRung.SamePid)]
    [InlineData(0, 0UL, PrivilegeRung.PrivateNamespace)]
    [InlineData(0, Everything, PrivilegeRung.Root)]
    [InlineData(1000, Everything, PrivilegeRung.SamePid)]
    public void Conclude_UserAndCapabilities_DecideTheRung(int user, ulong capabilities, PrivilegeRung expected)
    {
        DoctorReport report = Doctor.Conclude(s_ordinary with { UserId = user, EffectiveCapabilities = capabilities });
        Assert.Equal(expected, report.Rung);
        Assert.True(report.Ready);
    }

    [Theory]
    [InlineData(NamespaceOutcome.NotCreated)]
    [InlineData(NamespaceOutcome.WithoutCapabilities)]
    [InlineData(NamespaceOutcome.WithoutProc)]
    [InlineData(NamespaceOutcome.Failed)]
    internal void Conclude_NoNamespaces_NeedsTheCapability(NamespaceOutcome outcome)
    {
        DoctorFacts without = s_ordinary with { Namespaces = outcome, NamespaceErrno = Errno.EPERM };
        Assert.Equal((PrivilegeRung.None, false), (Doctor.Conclude(without).Rung, Doctor.Conclude(without).Ready));
        DoctorFacts with = without with { EffectiveCapabilities = CheckpointRestore };
        Assert.Equal((PrivilegeRung.SamePid, true), (Doctor.Conclude(with).Rung, Doctor.Conclude(with).Ready));
    }

    [Theory]
    [InlineData(Errno.ENOSPC, "max_user_namespaces")]
    [InlineData(Errno.EPERM, "unprivileged_userns_clone")]
    [InlineData(Errno.EINVAL, "CONFIG_USER_NS")]
    public void Conclude_NamespaceNotCreated_HasTheRemedyForItsErrno(Errno errno, string remedy) =>
        Assert.Contains(remedy, Check(s_ordinary with { Namespaces = NamespaceOutcome.NotCreated, NamespaceErrno = errno }, "private namespaces").Remedy, StringComparison.Ordinal);

    [Theory]
    [InlineData(0, 0UL, CheckState.Good)]
    [InlineData(1, 0UL, CheckState.Limited)]
    [InlineData(1, Ptrace, CheckState.Good)]
    [InlineData(2, 0UL, CheckState.Missing)]
    [InlineData(3, Ptrace, CheckState.Missing)]
    public void Conclude_Yama_DecidesAboutTracing(int scope, ulong capabilities, CheckState expected) =>
        Assert.Equal(expected, Check(s_ordinary with { PtraceScope = scope, EffectiveCapabilities = capabilities }, "tracing").State);

    [Fact]
    public void Conclude_FilteredCall_NamesIt()
    {
        DoctorCheck check = Check(s_ordinary with { SeccompMode = 2, ForeignCalls = [("kcmp", Errno.EPERM), ("pidfd_open", Errno.None)] }, "system calls");
        Assert.Equal(CheckState.Missing, check.State);
        Assert.Contains("kcmp (EPERM)", check.Meaning, StringComparison.Ordinal);
        Assert.DoesNotContain("pidfd_open", check.Meaning, StringComparison.Ordinal);
    }

    [Fact]
    public void Conclude_OldKernel_IsNotReady() => Assert.False(Doctor.Conclude(s_ordinary with { Kernel = new Version(5, 8, 18) }).Ready);

    [Fact]
    public void Examine_OnThisMachine_TriesEverything()
    {
        DoctorReport report = Doctor.Examine();
        Assert.Equal(8, report.Checks.Select(check => check.Name).Distinct().Count());
        Assert.Equal(Environment.OSVersion.Version >= new Version(5, 9), report.Checks[0].State == CheckState.Good);
    }
}
