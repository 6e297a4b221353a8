using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Capability;
using static Torpor.Linux.Uapi.Prctl;

namespace Torpor.Slices.Credentials;

/// <summary>The steps that turn what a fresh thread has into an image's credentials.</summary>
internal sealed class CredentialsRestore(RestoreContext context, OwnCredentials own)
{
    private const uint LINUX_CAPABILITY_VERSION_3 = 0x20080522;
    private const int MaximumGroups = 65536;

    /// <summary>SECBIT_EXEC_RESTRICT_FILE, SECBIT_EXEC_DENY_INTERACTIVE and their locks, which anybody may set from Linux 6.14 on.</summary>
    private const uint UnprivilegedSecureBits = 0xf00;

    public void Compile(SyscallProgram program, CredentialsState state)
    {
        state = state with
        {
            Bounding = state.Bounding & own.Known,
            Ambient = state.Ambient & state.Permitted & state.Inheritable,
        };
        ThrowUnlessPossible(state);
        CompileGroups(program, state);
        bool changesUser = state.Uids != own.Uids;
        CompileIds(program, state, changesUser);
        // Ordering: what lies outside the bounding set can no longer become inheritable, so this comes before the drops.
        if (changesUser || (state.Inheritable & ~own.Held) != 0)
            SetCapabilities(program, "hold capabilities until the last step", own.Held, own.Held, own.Held | state.Inheritable);
        CompileFileIds(program, state);
        program.Call("clear the ambient capabilities", SyscallNumber.prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        // Ordering: before the securebits, one of which forbids it. The last step keeps what is permitted and inheritable.
        foreach (int capability in CapabilityNames.Members(state.Ambient))
            program.Call($"make {CapabilityNames.Of(capability)} ambient", SyscallNumber.prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
        CompileBounding(program, state);
        CompileSecureBits(program, state, changesUser);
        if (state.NoNewPrivileges)
            program.Call("set no_new_privs", SyscallNumber.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        else if (own.NoNewPrivileges)
            Note("no_new_privs stays set, because torpor itself runs with it");
        SetCapabilities(program, "set the capabilities", state.Effective, state.Permitted, state.Inheritable);
    }

    /// <summary>For an image that tells nothing of credentials: no capabilities are left over.</summary>
    public void CompileUnknown(SyscallProgram program)
    {
        if (own.Uids.Effective == 0)
            return;
        program.Call("clear the ambient capabilities", SyscallNumber.prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        SetCapabilities(program, "give up the capabilities", 0, 0, 0);
    }

    private void ThrowUnlessPossible(CredentialsState state)
    {
        if (!context.Privilege.Root && state.Uids != own.Uids)
            throw Missing($"user {Describe(state.Uids)}", $"user {Describe(own.Uids)}");
        if (!context.Privilege.Root && state.Gids != own.Gids)
            throw Missing($"group {Describe(state.Gids)}", $"group {Describe(own.Gids)}");
        if (state.Groups.Count > MaximumGroups)
            throw new TorporException(FailureKind.ImageDamaged, $"a thread has {state.Groups.Count} supplementary groups, and no kernel allows more than {MaximumGroups}");
        ulong missing = (state.Permitted | state.Effective) & ~own.Held;
        if (missing != 0)
        {
            throw new TorporException(FailureKind.PrivilegeMissing, $"the process held {CapabilityNames.List(missing)}, which this user can't give it",
                "restore it as root");
        }
        if ((state.Effective & ~state.Permitted) != 0)
            throw new TorporException(FailureKind.ImageDamaged, "a thread has effective capabilities that are not permitted");
        if ((state.SecureBits ^ own.SecureBits) is var change and not SECBIT_KEEP_CAPS && (change & ~UnprivilegedSecureBits) != 0 && !Has(CapabilityNames.CAP_SETPCAP))
        {
            throw new TorporException(FailureKind.PrivilegeMissing, $"the process had the securebits 0x{state.SecureBits:x}, and setting them needs CAP_SETPCAP",
                "restore it as root");
        }
    }

    private static TorporException Missing(string wanted, string present) => new(
        FailureKind.PrivilegeMissing, $"the process ran as {wanted}, and torpor runs as {present}", "run torpor as that user, or as root");

    private void CompileGroups(SyscallProgram program, CredentialsState state)
    {
        if (state.Groups.SequenceEqual(own.Groups))
            return;
        if (!context.Privilege.Root)
        {
            Note($"the supplementary groups stay those of the restoring user ({List(own.Groups)}); the process had {List(state.Groups)}");
            return;
        }
        uint[] groups = [.. state.Groups];
        program.Call($"set the supplementary groups to {List(groups)}", SyscallNumber.setgroups, groups.Length,
            program.Data(MemoryMarshal.AsBytes(groups.AsSpan()), sizeof(uint)));
    }

    private void CompileIds(SyscallProgram program, CredentialsState state, bool changesUser)
    {
        if (state.Gids != own.Gids)
        {
            program.Call($"become group {Describe(state.Gids)}", SyscallNumber.setresgid, state.Gids.Real, state.Gids.Effective, state.Gids.Saved);
        }
        if (!changesUser)
            return;
        // A thread that stops being root would lose its capabilities before the steps that need them.
        program.Call("keep the capabilities while changing the user", SyscallNumber.prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
        program.Call($"become user {Describe(state.Uids)}", SyscallNumber.setresuid, state.Uids.Real, state.Uids.Effective, state.Uids.Saved);
    }

    /// <summary>Ordering: with the capabilities that changing the user took away, because these may be other ids than the thread's three.</summary>
    private static void CompileFileIds(SyscallProgram program, CredentialsState state)
    {
        if (state.Gids.FileSystem != state.Gids.Effective)
            CompileFileId(program, $"use group {state.Gids.FileSystem} for files", SyscallNumber.setfsgid, state.Gids.FileSystem);
        if (state.Uids.FileSystem != state.Uids.Effective)
            CompileFileId(program, $"use user {state.Uids.FileSystem} for files", SyscallNumber.setfsuid, state.Uids.FileSystem);
    }

    /// <summary>The calls never fail: they answer with the id before, so that only a second one tells whether the first was let through.</summary>
    private static void CompileFileId(SyscallProgram program, string purpose, SyscallNumber number, uint id)
    {
        program.Call(purpose, Expectation.Any, number, id);
        program.Call(purpose, Expectation.Exactly(id), number, id);
    }

    private void CompileSecureBits(SyscallProgram program, CredentialsState state, bool changesUser)
    {
        uint change = state.SecureBits ^ own.SecureBits;
        if (change == 0 && !changesUser)
            return;
        if (change == SECBIT_KEEP_CAPS && !Has(CapabilityNames.CAP_SETPCAP))
            program.Call("set whether capabilities are kept", SyscallNumber.prctl, PR_SET_KEEPCAPS, (state.SecureBits & SECBIT_KEEP_CAPS) != 0 ? 1 : 0, 0, 0, 0);
        else
            program.Call($"set the securebits to 0x{state.SecureBits:x}", SyscallNumber.prctl, PR_SET_SECUREBITS, state.SecureBits);
    }

    private void CompileBounding(SyscallProgram program, CredentialsState state)
    {
        ulong absent = state.Bounding & ~own.Bounding;
        if (absent != 0)
            Note($"the bounding set lacks {CapabilityNames.List(absent)}, because torpor's own does");
        ulong surplus = own.Bounding & ~state.Bounding;
        if (surplus == 0)
            return;
        if (!Has(CapabilityNames.CAP_SETPCAP))
        {
            // It only bounds what executing a file with capabilities could give, which this user could do anyway.
            Note($"the bounding set keeps {CapabilityNames.List(surplus)}, because dropping them needs CAP_SETPCAP");
            return;
        }
        foreach (int capability in CapabilityNames.Members(surplus))
            program.Call($"drop {CapabilityNames.Of(capability)} from the bounding set", SyscallNumber.prctl, PR_CAPBSET_DROP, capability, 0, 0, 0);
    }

    private static void SetCapabilities(SyscallProgram program, string purpose, ulong effective, ulong permitted, ulong inheritable)
    {
        byte[] header = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(header, LINUX_CAPABILITY_VERSION_3);
        byte[] data = new byte[24];
        ReadOnlySpan<ulong> sets = [effective, permitted, inheritable];
        for (int i = 0; i < sets.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4 * i), (uint)sets[i]);
            BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(12 + (4 * i)), (uint)(sets[i] >> 32));
        }
        program.Call(purpose, SyscallNumber.capset, program.Data(header), program.Data(data));
    }

    private bool Has(int capability) => CapabilityNames.Has(own.Held, capability);

    private void Note(string text)
    {
        // Once, not for each thread.
        if (!context.Notes.Contains(text))
            context.Notes.Add(text);
    }

    private static string Describe(Linux.ProcFs.CredentialIds ids) =>
        ids.Real == ids.Effective && ids.Real == ids.Saved && ids.Real == ids.FileSystem
            ? $"{ids.Real}"
            : $"{ids.Real} (effective {ids.Effective}, saved {ids.Saved}, for files {ids.FileSystem})";

    private static string List(IReadOnlyList<uint> groups) => groups.Count == 0 ? "none" : string.Join(", ", groups.Take(32)) + (groups.Count > 32 ? ", …" : "");
}
