namespace Torpor.Images;

/// <summary>A file being written whose errors are <see cref="ImageException"/>s that name it.</summary>
internal sealed class ImageOutputStream(string path, FileStream file) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            file.Write(buffer);
        }
        catch (IOException error)
        {
            throw ImageException.WriteFailed(path, error);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        try
        {
            file.Flush();
        }
        catch (IOException error)
        {
            throw ImageException.WriteFailed(path, error);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            try
            {
                file.Dispose();
            }
            catch (IOException error)
            {
                throw ImageException.WriteFailed(path, error);
            }
        }
        base.Dispose(disposing);
    }
}
