using System.Text;
using ShardInit.Errors;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>manifest.json: what it says, and what its reader refuses.</summary>
public class ManifestTests
{
    [Fact]
    public void Says_what_was_written_and_reads_back()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        byte[] bytes = File.ReadAllBytes(directory.File("manifest.json"));
        Manifest manifest = ManifestReader.Read(bytes, "manifest.json");
        Assert.Equal(bytes, manifest.ToBytes());
        Assert.Equal(plan.PlanId, manifest.PlanId);
        Assert.Equal(Digests.Sha256(File.ReadAllBytes(directory.File("plan.json"))), manifest.PlanDigest);
        Assert.Equal(Digests.Sha256(File.ReadAllBytes(directory.File("index.arrow"))), manifest.IndexDigest);
        Assert.Equal(plan.Files.Length, manifest.Files.Length);
        foreach (ManifestFile file in manifest.Files)
        {
            byte[] content = File.ReadAllBytes(directory.File(file.Name));
            Assert.Equal(content.Length, file.Size);
            // The point of a combinable digest: it is that of the whole file, by any tool.
            Assert.Equal(Digests.OfCrc32(Crc32.Compute(content)), file.Digest);
        }
        Assert.Equal(new Coverage(9, 417, 424, 424, 0, 1, manifest.Coverage.ValueBytes, plan.Files.Sum(file => file.Tiles.Length)), manifest.Coverage);
        Assert.Equal(plan.Tensors.Sum(tensor => tensor.ByteLength), manifest.Coverage.ValueBytes);
        Assert.EndsWith("\"\n}\n", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
    }

    /// <summary>With sha256 the digest of a file is that of its bytes outside values, put together.</summary>
    [Fact]
    public void Sha256_of_a_file_is_that_of_its_frame()
    {
        Plan plan = TestPlans.Small(digest: "sha256");
        using TestDirectory directory = new();
        directory.Write(plan);
        Manifest manifest = ManifestReader.Read(File.ReadAllBytes(directory.File("manifest.json")), "manifest.json");
        for (int file = 0; file < plan.Files.Length; file++)
        {
            ShardLayout layout = ShardLayout.Of(plan, file);
            byte[] content = File.ReadAllBytes(directory.File(layout.FileName));
            byte[] outside = [.. Enumerable.Range(0, layout.TileCount + 1).SelectMany(gap => content.AsSpan((int)layout.GapOffset(gap), layout.GapLength(gap)).ToArray())];
            Assert.Equal(content.Length - plan.Files[file].Tiles.Sum(tile => tile.ElementCount * plan.Tensors[tile.Tensor].DType.ByteSize()), outside.Length);
            Assert.Equal(Digests.Sha256(outside), manifest.Files[file].Digest);
        }
    }

    [Theory]
    [InlineData("\"format\":1", "\"format\":2", ShardFormatCode.UnsupportedFormat)]
    [InlineData("\"spec\":1", "\"spec\":7", ShardFormatCode.UnsupportedSpec)]
    [InlineData("\"format\":1", "\"format\":-1", ShardFormatCode.BadManifest)]
    [InlineData("\"format\":1", "\"format\":1.5", ShardFormatCode.BadManifest)]
    [InlineData("\"format\":1,", "", ShardFormatCode.BadManifest)]
    [InlineData("\"format\":1", "\"format\":1, \"format\":1", ShardFormatCode.BadJson)]
    [InlineData("\"format\":1", "\"format\":", ShardFormatCode.BadJson)]
    [InlineData("\"head.g0.arrow\",\"size\"", "\"../head.g0.arrow\",\"size\"", ShardFormatCode.BadName)]
    [InlineData("\"head.g0.arrow\",\"size\"", "\"/etc/passwd\",\"size\"", ShardFormatCode.BadName)]
    [InlineData("\"head.g0.arrow\",\"size\"", "\"manifest.json\",\"size\"", ShardFormatCode.BadName)]
    [InlineData("\"head.g0.arrow\",\"size\"", "\"embedding.g0.arrow\",\"size\"", ShardFormatCode.BadName)]
    [InlineData("\"group\":\"head\",\"tiles\"", "\"group\":\"tail\",\"tiles\"", ShardFormatCode.BadManifest)]
    [InlineData("\"tiles\":12,\"tensors\"", "\"tiles\":9223372036854775808,\"tensors\"", ShardFormatCode.BadManifest)]
    public void Refuses_with_its_code(string found, string replacement, ShardFormatCode code)
    {
        using TestDirectory directory = new();
        directory.Write(TestPlans.Small());
        string text = File.ReadAllText(directory.File("manifest.json"));
        if (found.StartsWith("\"tiles\"", StringComparison.Ordinal)) found = System.Text.RegularExpressions.Regex.Match(text, "\"tiles\":\\d+,\"tensors\"").Value;
        Assert.Contains(found, text, StringComparison.Ordinal);
        ShardFormatException error = Assert.Throws<ShardFormatException>(() => ManifestReader.Read(Sealed(text.Replace(found, replacement, StringComparison.Ordinal)), "m"));
        Assert.Equal(code, error.Code);
    }

    [Fact]
    public void Deep_json_is_refused()
    {
        string body = string.Concat(Enumerable.Repeat("[", 100_000));
        Assert.Equal(ShardFormatCode.BadJson, Assert.Throws<ShardFormatException>(() => ManifestReader.Read(Sealed(body + "x" + Tail), "m")).Code);
    }

    [Fact]
    public void Every_truncation_and_every_changed_byte_is_refused()
    {
        using TestDirectory directory = new();
        directory.Write(TestPlans.Small());
        byte[] bytes = File.ReadAllBytes(directory.File("manifest.json"));
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<ShardFormatException>(() => ManifestReader.Read(bytes.AsMemory(0, length), "m"));
        }
        for (int at = 0; at < bytes.Length; at++)
        {
            byte[] changed = [.. bytes];
            changed[at] ^= 0x20;
            Assert.Throws<ShardFormatException>(() => ManifestReader.Read(changed, "m"));
        }
    }

    private const string Tail = ",\n\"digest\":\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"\n}\n";

    /// <summary>Gives a changed text the digest that belongs to it, so that only the change can be refused.</summary>
    private static byte[] Sealed(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte[] body = bytes[..^Manifest.TailLength];
        return [.. body, .. Encoding.ASCII.GetBytes(Manifest.DigestMember + Digests.Sha256(body) + Manifest.End)];
    }
}
