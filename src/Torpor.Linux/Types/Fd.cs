namespace Torpor.Linux;

/// <summary>A descriptor of this process, owned: disposing closes it.</summary>
public sealed class Fd : IDisposable
{
    private int _value;

    public Fd(int value) => _value = value;

    /// <summary>The number; throws when the descriptor was closed.</summary>
    public int Value => _value >= 0 ? _value : throw new ObjectDisposedException(nameof(Fd));

    public bool IsClosed => _value < 0;

    public void Dispose()
    {
        int value = Interlocked.Exchange(ref _value, -1);
        if (value >= 0)
            Syscall.Invoke(SyscallNumber.close, value);
    }

    /// <summary>Gives up ownership and returns the number.</summary>
    public int Release() => Interlocked.Exchange(ref _value, -1);

    public override string ToString() => _value >= 0 ? $"fd {_value}" : "fd (closed)";
}
