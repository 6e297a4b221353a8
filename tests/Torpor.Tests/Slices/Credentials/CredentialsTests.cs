using System.Buffers.Binary;
using Google.Protobuf;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Slices.Credentials;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tests.Slices.Credentials;

public class CredentialsTests
{
    private const ulong SetPcap = 1UL << CapabilityNames.CAP_SETPCAP;
    private static readonly CredentialIds User = new(1000, 1000, 1000, 1000);

    private static CredentialsState Ordinary { get; } = new() { Uids = User, Gids = User, Groups = [], Bounding = CapabilityNames.All };

    private static OwnCredentials Fresh { get; } = new(User, User, [], CapabilityNames.All, CapabilityNames.All, 0, false, CapabilityNames.All);

    [Fact]
    public void ToImage_AllFields_ComeBack()
    {
        var state = new CredentialsState
        {
            Uids = new CredentialIds(1, 2, 3, 4),
            Gids = new CredentialIds(5, 6, 7, 8),
            Groups = [10, 20],
            Inheritable = 0x1_0000_0001,
            Permitted = 0x1_0000_0002,
            Effective = 0x1_0000_0004,
            Bounding = 0x1_0000_0008,
            Ambient = 0x1_0000_0010,
            SecureBits = 0x2f,
            NoNewPrivileges = true,
        };

        CredentialsState back = CredentialsState.FromImage(CredsEntry.Parser.ParseFrom(state.ToImage().ToByteArray()));

        Assert.Equal(state.Groups, back.Groups);
        Assert.Equal(state, back with { Groups = state.Groups });
    }

    [Fact]
    public void FromImage_SetsOfOddLength_AreRead()
    {
        CredsEntry entry = Ordinary.ToImage();
        entry.CapPrm.Clear();
        entry.CapEff.Clear();
        entry.CapEff.AddRange([1, 2, 3, 4, 5]);

        CredentialsState state = CredentialsState.FromImage(entry);

        Assert.Equal(0UL, state.Permitted);
        Assert.Equal(0x2_0000_0001UL, state.Effective);
    }

    [Fact]
    public void Compile_SameUser_EndsWithEmptyCapabilities()
    {
        SyscallProgram program = Compile(Ordinary, Fresh);

        Assert.Equal([SyscallNumber.prctl, SyscallNumber.capset], program.Steps.Select(s => s.Number));
        Assert.Equal(new byte[24], Data(program, program.Steps[^1].Arguments[1], 24));
    }

    [Fact]
    public void Compile_Capabilities_AreEffectivePermittedInheritableInWords()
    {
        CredentialsState state = Ordinary with { Effective = 0x1_0000_0001, Permitted = 0x1_0000_0003, Inheritable = 4 };

        byte[] data = Data(Compile(state, Fresh), 24);

        uint[] words = [.. Enumerable.Range(0, 6).Select(i => BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(4 * i)))];
        Assert.Equal([1u, 3u, 4u, 1u, 1u, 0u], words);
    }

    [Fact]
    public void Compile_SmallerBoundingSet_DropsTheRest()
    {
        SyscallProgram program = Compile(Ordinary with { Bounding = CapabilityNames.All & ~SetPcap & ~1UL }, Fresh);

        Assert.Equal(2, program.Steps.Count(s => s.Purpose.EndsWith("from the bounding set", StringComparison.Ordinal)));
        Assert.Contains("drop CAP_SETPCAP from the bounding set", program.Explain());
    }

    [Fact]
    public void Compile_SmallerBoundingSetWithoutPrivilege_IsNoted()
    {
        RestoreContext context = RestoreContexts.Create(new RestorePrivilege(false, true, false));
        SyscallProgram program = Compile(Ordinary with { Bounding = CapabilityNames.All & ~1UL }, Fresh with { Held = 0 }, context);

        Assert.DoesNotContain("bounding", program.Explain());
        Assert.Contains("CAP_CHOWN", Assert.Single(context.Notes));
    }

    [Fact]
    public void Compile_BoundingSetOfNewerKernel_IsCutToKnown()
    {
        RestoreContext context = RestoreContexts.Create(RestoreContexts.Unprivileged);
        Compile(Ordinary with { Bounding = ulong.MaxValue }, Fresh, context);

        Assert.Empty(context.Notes);
    }

    [Fact]
    public void Compile_OtherUserUnprivileged_NamesBoth()
    {
        CredentialsState state = Ordinary with { Uids = new CredentialIds(7, 7, 7, 7) };

        TorporException e = Assert.Throws<TorporException>(() => Compile(state, Fresh));

        Assert.Equal(FailureKind.PrivilegeMissing, e.Kind);
        Assert.Contains("user 7", e.Message);
        Assert.Contains("user 1000", e.Message);
    }

    [Fact]
    public void Compile_OtherUserAsRoot_KeepsCapabilitiesUntilTheEnd()
    {
        var root = new CredentialIds(0, 0, 0, 0);
        RestoreContext context = RestoreContexts.Create(new RestorePrivilege(false, true, true));
        CredentialsState state = Ordinary with { Groups = [4, 1000], Bounding = CapabilityNames.All & ~1UL };

        SyscallProgram program = Compile(state, Fresh with { Uids = root, Gids = root }, context);

        SyscallNumber[] numbers = [.. program.Steps.Select(s => s.Number)];
        Assert.Equal(
            [
                SyscallNumber.setgroups, SyscallNumber.setresgid, SyscallNumber.prctl, SyscallNumber.setresuid, SyscallNumber.capset,
                SyscallNumber.prctl, SyscallNumber.prctl, SyscallNumber.prctl, SyscallNumber.capset,
            ],
            numbers);
        Assert.Equal("become user 1000", program.Steps[3].Purpose);
        Assert.Equal("set the securebits to 0x0", program.Steps[7].Purpose);
    }

    [Fact]
    public void Compile_AmbientCapability_IsRaisedBeforeTheSecureBits()
    {
        CredentialsState state = Ordinary with { Permitted = 1, Inheritable = 1, Ambient = 1, SecureBits = 0x40 };

        List<string> purposes = [.. Compile(state, Fresh).Steps.Select(s => s.Purpose)];

        Assert.InRange(purposes.IndexOf("make CAP_CHOWN ambient"), 0, purposes.IndexOf("set the securebits to 0x40"));
    }

    [Fact]
    public void Compile_CapabilitiesNotHeld_AreNamed()
    {
        TorporException e = Assert.Throws<TorporException>(() => Compile(Ordinary with { Permitted = SetPcap }, Fresh with { Held = 0 }));

        Assert.Equal(FailureKind.PrivilegeMissing, e.Kind);
        Assert.Contains("CAP_SETPCAP", e.Message);
    }

    [Fact]
    public void Compile_OtherGroupsUnprivileged_AreNotedOnce()
    {
        RestoreContext context = RestoreContexts.Create(RestoreContexts.Unprivileged);
        var restore = new CredentialsRestore(context, Fresh);

        restore.Compile(new SyscallProgram("a"), Ordinary with { Groups = [4] });
        restore.Compile(new SyscallProgram("b"), Ordinary with { Groups = [4] });

        Assert.Contains("supplementary groups", Assert.Single(context.Notes));
    }

    [Fact]
    public void Compile_NoNewPrivileges_IsSet() => Assert.Contains("set no_new_privs", Compile(Ordinary with { NoNewPrivileges = true }, Fresh).Explain());

    [Fact]
    public void CompileUnknown_OrdinaryUser_GivesEverythingUp()
    {
        var program = new SyscallProgram("t");
        new CredentialsRestore(RestoreContexts.Create(RestoreContexts.Unprivileged), Fresh).CompileUnknown(program);

        Assert.Equal(new byte[24], Data(program, program.Steps[^1].Arguments[1], 24));
    }

    private static SyscallProgram Compile(CredentialsState state, OwnCredentials own, RestoreContext? context = null)
    {
        var program = new SyscallProgram("t");
        new CredentialsRestore(context ?? RestoreContexts.Create(RestoreContexts.Unprivileged), own).Compile(program, state);
        return program;
    }

    private static byte[] Data(SyscallProgram program, int length) => Data(program, program.Steps[^1].Arguments[1], length);

    private static byte[] Data(SyscallProgram program, Operand operand, int length)
    {
        Assert.True(operand.IsData);
        int offset = (int)(program.AddressOf(new DataReference((int)operand.Value, length)).Value - program.Base.Value);
        return program.Encode().AsSpan(offset, length).ToArray();
    }
}
