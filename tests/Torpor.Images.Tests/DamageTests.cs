using CsCheck;
using Google.Protobuf;

namespace Torpor.Images.Tests;

/// <summary>Whatever happens to the bytes, reading gives a value or an <see cref="ImageException"/>.</summary>
public sealed class DamageTests : IDisposable
{
    private const int MostFlips = 3000;

    private static readonly Gen<string> Name = Gen.Int[0, SampleCheckpoint.Readers.Count - 1].Select(index => SampleCheckpoint.Readers.Keys.ElementAt(index));

    private readonly TemporaryDirectory _temporary = new();
    private readonly ImageDirectoryReader _reader;

    public DamageTests()
    {
        using (var writer = ImageDirectoryWriter.Create(_temporary.Images, overwrite: false))
        {
            SampleCheckpoint.Write(writer);
            writer.Commit();
        }
        _reader = ImageDirectoryReader.Open(_temporary.Images);
    }

    public static TheoryData<string> FramedFiles => [.. SampleCheckpoint.Readers.Keys];

    public void Dispose()
    {
        _reader.Dispose();
        _temporary.Dispose();
    }

    [Theory]
    [MemberData(nameof(FramedFiles))]
    public void Read_CutAnywhere_IsDamagedOrHasFewerEntries(string name)
    {
        byte[] whole = File.ReadAllBytes(_temporary.FileOf(name));
        IReadOnlyList<object> before = SampleCheckpoint.Readers[name](_reader);
        int accepted = 0;
        for (int length = 0; length < whole.Length; length++)
        {
            if (TryRead(name, whole[..length], out IReadOnlyList<object> after))
            {
                accepted++;
                Assert.Equal(before.Take(after.Count), after);
                Assert.True(after.Count < before.Count);
            }
        }
        // A cut between two entries of a list can't be told from a shorter list; the pages file tells it for a pagemap.
        Assert.True(accepted < Math.Max(before.Count, 1) + 1, $"{accepted} cuts were accepted");
    }

    [Fact]
    public void Read_PagemapCutAnywhere_IsAlwaysDamaged()
    {
        byte[] whole = File.ReadAllBytes(_temporary.FileOf("pagemap-42.img"));
        for (int length = 0; length < whole.Length; length++)
            Assert.False(TryRead("pagemap-42.img", whole[..length], out _));
    }

    [Theory]
    [MemberData(nameof(FramedFiles))]
    public void Read_EachBitFlipped_NeverThrowsAnythingElse(string name)
    {
        byte[] whole = File.ReadAllBytes(_temporary.FileOf(name));
        // All bits of small files, and of large ones so many that each byte position of a field is met somewhere.
        int step = 1 + whole.Length * 8 / MostFlips;
        for (int bit = 0; bit < whole.Length * 8; bit += bit < 64 ? 1 : step)
        {
            byte[] flipped = [.. whole];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            bool accepted = TryRead(name, flipped, out _);
            if (bit < 32)
                Assert.False(accepted, "the first magic number is wrong");
        }
    }

    [Fact]
    public void Read_RandomBytesInPlace_NeverThrowsAnythingElse()
    {
        Gen<(string, int, byte[])> damage = Gen.Select(Name, Gen.Int[0, 4096], Gen.Byte.Array[1, 16]);
        Dictionary<string, byte[]> originals = SampleCheckpoint.Readers.Keys.ToDictionary(name => name, name => File.ReadAllBytes(_temporary.FileOf(name)));
        damage.Sample(
            (name, at, bytes) =>
            {
                byte[] damaged = [.. originals[name]];
                at %= damaged.Length;
                bytes.AsSpan(0, Math.Min(bytes.Length, damaged.Length - at)).CopyTo(damaged.AsSpan(at));
                TryRead(name, damaged, out _);
            },
            iter: 1000,
            threads: 1);
    }

    [Fact]
    public void Read_RandomEntriesBehindGoodMagic_NeverThrowsAnythingElse()
    {
        Gen.Select(Name, Gen.Byte.Array[0, 64]).Sample(
            (name, bytes) =>
            {
                byte[] magic = File.ReadAllBytes(_temporary.FileOf(name))[..(name == "inventory.img" ? 4 : 8)];
                byte[] file = [.. magic, .. BitConverter.GetBytes(bytes.Length), .. bytes];
                TryRead(name, file, out _, restore: true);
            },
            iter: 1000,
            threads: 1);
    }

    [Fact]
    public void Read_RandomLists_AreReadAsWritten()
    {
        Gen<PipeDataEntry> entry = Gen.Select(Gen.UInt, Gen.UInt, (id, size) => new PipeDataEntry { PipeId = id, Size = size });
        Gen.Select(entry, Gen.Byte.Array[0, 200]).List[0, 20].Sample(
            list =>
            {
                using var temporary = new TemporaryDirectory();
                foreach ((PipeDataEntry head, byte[] payload) in list)
                    head.Bytes = (uint)payload.Length;
                using (var writer = ImageDirectoryWriter.Create(temporary.Images, overwrite: false))
                {
                    writer.Write("inventory.img", ImageMagic.Inventory, new InventoryEntry { ImgVersion = 2 });
                    writer.WriteWithPayload("pipes-data.img", ImageMagic.PipesData, list.Select(pair => ((IMessage)pair.Item1, (ReadOnlyMemory<byte>)pair.Item2)));
                    writer.Commit();
                }
                using var reader = ImageDirectoryReader.Open(temporary.Images);
                IReadOnlyList<(PipeDataEntry Entry, byte[] Payload)> read = reader.ReadWithPayload("pipes-data.img", ImageMagic.PipesData, PipeDataEntry.Parser, head => head.Bytes);
                return read.Select(pair => pair.Entry).SequenceEqual(list.Select(pair => pair.Item1))
                    && read.Zip(list).All(pair => pair.First.Payload.AsSpan().SequenceEqual(pair.Second.Item2));
            },
            iter: 200,
            threads: 1);
    }

    private bool TryRead(string name, byte[] bytes, out IReadOnlyList<object> result, bool restore = false)
    {
        string path = _temporary.FileOf(name);
        byte[]? original = restore ? File.ReadAllBytes(path) : null;
        File.WriteAllBytes(path, bytes);
        try
        {
            result = SampleCheckpoint.Readers[name](_reader);
            return true;
        }
        catch (ImageException error)
        {
            Assert.True(error.Kind is ImageFailure.Damaged or ImageFailure.Foreign or ImageFailure.Missing);
            Assert.Contains(".img", name == "stats-dump" ? ".img" : error.File, StringComparison.Ordinal);
            result = [];
            return false;
        }
        finally
        {
            if (original is not null)
                File.WriteAllBytes(path, original);
        }
    }
}
