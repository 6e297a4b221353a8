namespace Torpor.EndToEnd;

// One class is one variant and runs beside the others; within it, one target after the other.

/// <summary>The programs of tests/targets/c: a kernel feature each.</summary>
public abstract class FeatureTargets
{
    public static IEnumerable<TheoryDataRow<string>> Targets => TargetProgram.Features;
}

/// <summary>Real runtimes: Java, Python, Node, .NET.</summary>
public abstract class ProgramTargets
{
    public static IEnumerable<TheoryDataRow<string>> Targets => TargetProgram.Programs;
}

public sealed class NativeRunOfFeatures : FeatureTargets
{
    [Theory, MemberData(nameof(Targets))]
    public void Target_Alone_ProvesItsState(string target) => Rounds.Alone(TargetProgram.Named(target));
}

public sealed class NativeRunOfPrograms : ProgramTargets
{
    [Theory, MemberData(nameof(Targets))]
    public void Target_Alone_ProvesItsState(string target) => Rounds.Alone(TargetProgram.Named(target));
}

public sealed class LeaveRunningFeatures : FeatureTargets
{
    [Theory, MemberData(nameof(Targets))]
    public void Target_CheckpointedAndLeftRunning_GoesOn(string target) => Rounds.LeftRunning(TargetProgram.Named(target), Rung.PidNamespace);
}

public sealed class LeaveRunningPrograms : ProgramTargets
{
    [Theory, MemberData(nameof(Targets))]
    public void Target_CheckpointedAndLeftRunning_GoesOn(string target) => Rounds.LeftRunning(TargetProgram.Named(target), Rung.PidNamespace);
}

public sealed class PidNamespaceFeatures : FeatureTargets
{
    [Theory, MemberData(nameof(Targets))]
    public void Target_RestoredWithoutAnyCapability_KeepsItsState(string target) => Rounds.ThereAndBack(TargetProgram.Named(target), Rung.PidNamespace);
}

public sealed class PidNamespacePrograms : ProgramTargets
{
    [Theory, MemberData(nameof(Targets))]
    public void Target_RestoredWithoutAnyCapability_KeepsItsState(string target) => Rounds.ThereAndBack(TargetProgram.Named(target), Rung.PidNamespace);
}

public sealed class SamePidFeatures : FeatureTargets
{
    [Theory, MemberData(nameof(Targets))]
    public void Target_RestoredWithFileCapability_KeepsItsPidAndState(string target) => Rounds.ThereAndBack(TargetProgram.Named(target), Rung.SamePid);
}

public sealed class SamePidPrograms : ProgramTargets
{
    [Theory, MemberData(nameof(Targets))]
    public void Target_RestoredWithFileCapability_KeepsItsPidAndState(string target) => Rounds.ThereAndBack(TargetProgram.Named(target), Rung.SamePid);
}

public sealed class CriuFeatures : FeatureTargets
{
    [Theory, MemberData(nameof(Targets))]
    public void Target_RestoredByCriusCommandLine_KeepsItsState(string target) => Rounds.ThereAndBack(TargetProgram.Named(target), Rung.Criu);
}

public sealed class CriuPrograms : ProgramTargets
{
    [Theory, MemberData(nameof(Targets))]
    public void Target_RestoredByCriusCommandLine_KeepsItsState(string target) => Rounds.ThereAndBack(TargetProgram.Named(target), Rung.Criu);
}

public sealed class RootFeatures : FeatureTargets
{
    [Theory, MemberData(nameof(Targets))]
    public void Target_RestoredByRoot_KeepsItsState(string target) => Rounds.ThereAndBack(TargetProgram.Named(target), Rung.Root);
}

public sealed class RootPrograms : ProgramTargets
{
    [Theory, MemberData(nameof(Targets))]
    public void Target_RestoredByRoot_KeepsItsState(string target) => Rounds.ThereAndBack(TargetProgram.Named(target), Rung.Root);
}
