using System.Buffers.Binary;
using CsCheck;
using Google.Protobuf;
using Torpor.Images.Messages;
using Torpor.Slices.Signals;
using Xunit;

namespace Torpor.Tests.Slices.Signals;

public sealed class PendingQueueImageTests
{
    private const int SI_TIMER = -2;
    private const int SI_QUEUE = -1;

    [Fact]
    public void ToImage_QueuedSignals_KeepsBytesAndOrder()
    {
        byte[] first = Info(34, SI_QUEUE, fill: 7);
        byte[] second = Info(34, SI_QUEUE, fill: 9);
        SignalQueueEntry queue = PendingQueueImage.ToImage([first, second], pending: 1UL << 33);
        Assert.Equal([first, second], PendingQueueImage.FromImage(queue));
    }

    [Fact]
    public void ToImage_PendingWithoutInfo_BecomesUserSignalOfNobody()
    {
        SignalQueueEntry queue = PendingQueueImage.ToImage([Info(10, SI_QUEUE, fill: 3)], pending: (1UL << 9) | (1UL << 11));
        IReadOnlyList<byte[]> infos = PendingQueueImage.FromImage(queue);
        Assert.Equal(2, infos.Count);
        byte[] expected = new byte[PendingQueueImage.SigInfoSize];
        expected[0] = 12;
        Assert.Equal(expected, infos[1]);
    }

    [Fact]
    public void ToImage_TimerSignal_ClearsOnlyTheKernelsPrivateField()
    {
        byte[] timer = Info(14, SI_TIMER, fill: 0xff);
        byte[] restored = Assert.Single(PendingQueueImage.FromImage(PendingQueueImage.ToImage([timer], 0)));
        byte[] expected = [.. timer];
        expected.AsSpan(32, 4).Clear();
        Assert.Equal(expected, restored);
        Assert.Equal(0xff, timer[32]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(9)]
    [InlineData(19)]
    [InlineData(65)]
    public void FromImage_SignalThatIsNeverPending_IsRefusedAsDamaged(int signal)
    {
        SignalQueueEntry queue = Queue(Info(signal, 0, fill: 0));
        TorporException failure = Assert.Throws<TorporException>(() => PendingQueueImage.FromImage(queue));
        Assert.Equal(FailureKind.ImageDamaged, failure.Kind);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    [InlineData(129)]
    public void FromImage_WrongLength_IsRefusedAsDamaged(int length)
    {
        byte[] bytes = new byte[length];
        if (length > 0)
            bytes[0] = 10;
        TorporException failure = Assert.Throws<TorporException>(() => PendingQueueImage.FromImage(Queue(bytes)));
        Assert.Equal(FailureKind.ImageDamaged, failure.Kind);
    }

    [Fact]
    public void FromImage_AnyBytes_NeverFailsOtherwise() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            try
            {
                Assert.All(PendingQueueImage.FromImage(Queue(bytes)), info => Assert.Equal(PendingQueueImage.SigInfoSize, info.Length));
            }
            catch (TorporException)
            {
            }
        });

    internal static byte[] Info(int signal, int code, byte fill)
    {
        byte[] info = new byte[PendingQueueImage.SigInfoSize];
        info.AsSpan(12).Fill(fill);
        BinaryPrimitives.WriteInt32LittleEndian(info, signal);
        BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(8), code);
        return info;
    }

    private static SignalQueueEntry Queue(byte[] info) => new() { Signals = { new SiginfoEntry { Siginfo = ByteString.CopyFrom(info) } } };
}
