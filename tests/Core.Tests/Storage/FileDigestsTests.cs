using System.Text;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

public sealed class FileDigestsTests
{
    [Theory]
    [InlineData("crc32", 0)]
    [InlineData("crc32", 3)]
    [InlineData("sha256", 0)]
    [InlineData("sha256", 3)]
    public void Texts_come_back_as_they_were(string kind, int tiles)
    {
        string[] texts = [.. Enumerable.Range(0, tiles + 1).Select(number => Digests.Compute(kind, Encoding.UTF8.GetBytes($"{number}")))];
        FileDigests digests = FileDigests.Of(kind, texts[0], texts[1..]);
        Assert.Equal((texts[0], tiles), (digests.File, digests.TileCount));
        Assert.Equal(texts[1..], digests.Tiles);
        for (int tile = 0; tile < tiles; tile++) Assert.Equal(texts[tile + 1], digests.Tile(tile));

        FileDigests same = FileDigests.Of(kind, texts[0], texts[1..]);
        Assert.True(digests.Equals(same) && digests.GetHashCode() == same.GetHashCode());
        string other = Digests.Compute(kind, [1]);
        Assert.NotEqual(digests, FileDigests.Of(kind, other, texts[1..]));
        Assert.NotEqual(digests, FileDigests.Of(kind, texts[0], [.. texts[1..], other]));
    }

    /// <summary>Eight digests of four bytes are as many bytes as one of thirty-two.</summary>
    [Fact]
    public void Kinds_are_told_apart()
    {
        string zero = "crc32:00000000";
        Assert.NotEqual(FileDigests.Of("crc32", zero, [zero, zero, zero, zero, zero, zero, zero]), FileDigests.Of("sha256", "sha256:" + new string('0', 64), []));
    }

    [Theory]
    [InlineData("crc32", "crc32:0000000")]
    [InlineData("crc32", "crc32:000000")]
    [InlineData("crc32", "crc32:")]
    [InlineData("crc32", "crc32:0000000000")]
    [InlineData("crc32", "crc32:0000000g")]
    [InlineData("sha256", "sha256:00")]
    public void What_is_no_digest_is_refused(string kind, string text)
    {
        string good = Digests.Compute(kind, []);
        Assert.Throws<ArgumentException>(() => FileDigests.Of(kind, text, [good]));
        Assert.Throws<ArgumentException>(() => FileDigests.Of(kind, good, [text]));
    }
}
