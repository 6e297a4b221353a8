namespace Torpor.Model;

/// <summary>Keeps one value of each type: a slice's own state between its phases.</summary>
public sealed class StateBag
{
    private readonly Dictionary<Type, object> _values = [];

    public void Set<T>(T value) where T : notnull => _values[typeof(T)] = value;

    public T Get<T>() where T : notnull => (T)_values[typeof(T)];

    public bool TryGet<T>([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? value) where T : class
    {
        value = _values.GetValueOrDefault(typeof(T)) as T;
        return value is not null;
    }

    /// <summary>The value, made first when there is none.</summary>
    public T GetOrAdd<T>() where T : notnull, new()
    {
        if (_values.TryGetValue(typeof(T), out object? value))
            return (T)value;
        var made = new T();
        _values[typeof(T)] = made;
        return made;
    }
}
