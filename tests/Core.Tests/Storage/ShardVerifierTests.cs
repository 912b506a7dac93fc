using ShardInit.Engine;
using ShardInit.Errors;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>Verify finds every kind of damage, repair undoes it to the byte.</summary>
public class ShardVerifierTests
{
    [Theory]
    [InlineData("crc32", false)]
    [InlineData("crc32", true)]
    [InlineData("sha256", true)]
    public void A_sound_directory_has_no_defects(string digest, bool values)
    {
        Plan plan = TestPlans.Small(digest: digest);
        using TestDirectory directory = new();
        directory.Write(plan);
        Assert.Empty(Verify(directory, plan, values));
    }

    public static TheoryData<string, string, string> Damages => new()
    {
        // what is done, kind of the defect, its file
        { "missing shard", DefectKinds.MissingFile, "head.g0.arrow" },
        { "missing index", DefectKinds.MissingFile, "index.arrow" },
        { "missing manifest", DefectKinds.MissingFile, "manifest.json" },
        { "longer shard", DefectKinds.WrongSize, "head.g0.arrow" },
        { "shorter shard", DefectKinds.WrongSize, "head.g0.arrow" },
        { "empty shard", DefectKinds.WrongSize, "head.g0.arrow" },
        { "value byte", DefectKinds.DigestMismatch, "head.g0.arrow" },
        { "digest byte", DefectKinds.DigestMismatch, "head.g0.arrow" },
        { "first byte", DefectKinds.StructureMismatch, "head.g0.arrow" },
        { "last byte", DefectKinds.StructureMismatch, "head.g0.arrow" },
        { "padding byte", DefectKinds.StructureMismatch, "head.g0.arrow" },
        { "values and digest", DefectKinds.DigestMismatch, "head.g0.arrow" },
        { "index byte", DefectKinds.BadIndex, "index.arrow" },
        { "index tail", DefectKinds.BadIndex, "index.arrow" },
        { "manifest byte", DefectKinds.BadManifest, "manifest.json" },
        { "manifest empty", DefectKinds.BadManifest, "manifest.json" },
        { "manifest of another plan", DefectKinds.BadManifest, "manifest.json" },
        { "leftover", DefectKinds.LeftoverTemporary, ".tmp-head.g0.arrow-0123456789abcdef" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void Damage_is_found_and_mended(string damage, string kind, string file)
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        string[] before = directory.Listing();
        Damage(directory, plan, damage);
        Assert.NotEqual(before, directory.Listing());

        IReadOnlyList<Defect> defects = Verify(directory, plan, values: false);
        Defect defect = Assert.Single(defects);
        Assert.Equal((kind, file), (defect.Kind, defect.File));

        Repair(directory, plan);
        Assert.Equal(before, directory.Listing());
        Assert.Empty(Verify(directory, plan, values: true));
    }

    [SkippableFact]
    public void What_a_living_process_writes_is_not_left_over()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs flock");
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        string unfinished = directory.File(WorkFiles.Unfinished("head.g0.arrow"));
        File.WriteAllText(unfinished, "half");
        using (FileOperations.System.TryOpenAbandoned(unfinished)) Assert.Empty(Verify(directory, plan, values: false));
        Assert.Equal(DefectKinds.LeftoverTemporary, Assert.Single(Verify(directory, plan, values: false)).Kind);
    }

    private static void Damage(TestDirectory directory, Plan plan, string damage)
    {
        string head = directory.File("head.g0.arrow"), index = directory.File("index.arrow"), manifest = directory.File("manifest.json");
        ShardLayout layout = ShardLayout.Of(plan, HeadFile(plan));
        switch (damage)
        {
            case "missing shard": File.Delete(head); break;
            case "missing index": File.Delete(index); break;
            case "missing manifest": File.Delete(manifest); break;
            case "longer shard": File.WriteAllBytes(head, [.. File.ReadAllBytes(head), 0]); break;
            case "shorter shard": File.WriteAllBytes(head, File.ReadAllBytes(head)[..^1]); break;
            case "empty shard": File.WriteAllBytes(head, []); break;
            case "value byte": Flip(head, layout.ValueOffset(2) + 3); break;
            case "digest byte": ChangeDigit(head, layout.DigestOffset(2) + 8); break;
            case "first byte": Flip(head, 0); break;
            case "last byte": Flip(head, layout.FileLength - 1); break;
            case "padding byte": Flip(head, layout.DigestOffset(0) + 14); break;
            case "values and digest": ForgeValues(head, layout, plan); break;
            case "index byte": Flip(index, 1000); break;
            case "index tail": File.WriteAllBytes(index, [.. File.ReadAllBytes(index), 1]); break;
            case "manifest byte": Flip(manifest, 40); break;
            case "manifest empty": File.WriteAllBytes(manifest, []); break;
            case "manifest of another plan": OtherManifest(manifest); break;
            case "leftover": File.WriteAllText(directory.File(".tmp-head.g0.arrow-0123456789abcdef"), "half"); break;
            default: throw new ArgumentException(damage);
        }
    }

    [Fact]
    public void A_damaged_value_names_file_tile_and_tensor()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        int file = HeadFile(plan);
        ShardLayout layout = ShardLayout.Of(plan, file);
        Flip(directory.File("head.g0.arrow"), layout.ValueOffset(3) + 1);
        Defect defect = Assert.Single(Verify(directory, plan, values: true));
        Assert.Equal(3, defect.Tile);
        Assert.Equal(layout.Tile(3).Tensor, defect.Tensor);
        Assert.Contains("is the first that differs", defect.Message, StringComparison.Ordinal);
    }

    /// <summary>Values and digest changed together: no digest can see it, neither that of the tile nor (made to fit) that of the file; regenerating does.</summary>
    [Fact]
    public void Forged_values_are_found_by_values()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        ForgeValues(directory.File("head.g0.arrow"), ShardLayout.Of(plan, HeadFile(plan)), plan);
        File.Delete(directory.File("manifest.json"));
        File.Delete(directory.File("index.arrow"));
        using (CheckpointWriter writer = CheckpointWriter.Open(directory.Path, TestPlans.Codec, FileOperations.System)) writer.Seal();
        Assert.Empty(Verify(directory, plan, values: false));
        Defect defect = Assert.Single(Verify(directory, plan, values: true));
        Assert.Equal((DefectKinds.ValueMismatch, "head.g0.arrow", 1), (defect.Kind, defect.File, defect.Tile));
    }

    [Fact]
    public void A_changed_plan_is_reported_and_never_sealed_again()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        string[] before = directory.Listing();
        string path = directory.File("plan.json");

        // A space where there was none: writing the plan anew gives the sealed bytes, so repair puts them back.
        File.WriteAllText(path, File.ReadAllText(path).Replace("{", "{ ", StringComparison.Ordinal));
        Assert.Equal(DefectKinds.PlanMismatch, Assert.Single(Verify(directory, plan, values: false)).Kind);
        Assert.Throws<ShardFormatException>(() => Checkpoint.Open(directory.Path, TestPlans.Codec));
        Repair(directory, plan);
        Assert.Equal(before, directory.Listing());
    }

    [Fact]
    public void A_plan_that_cannot_be_restored_is_refused_by_seal()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        // A codec that writes another text, as after damage in the recipe text.
        PlanCodec other = TestPlans.Codec with { Write = written => [.. TestPlans.Codec.Write(written), (byte)' '] };
        File.AppendAllText(directory.File("plan.json"), "\n");
        string[] damaged = directory.Listing();
        using CheckpointWriter writer = CheckpointWriter.Open(directory.Path, other, FileOperations.System);
        Assert.False(writer.IsSealed);
        Assert.Equal(ShardFormatCode.DigestMismatch, Assert.Throws<ShardFormatException>(writer.Seal).Code);
        Assert.Equal(damaged, directory.Listing());
    }

    [SkippableTheory]
    [InlineData("directory")]
    [InlineData("pipe")]
    public void Something_else_in_place_of_a_shard_is_reported_and_never_waited_for(string what)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "pipes with names are made by Linux's mkfifo");
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        string path = directory.File("head.g0.arrow");
        File.Delete(path);
        if (what == "directory") Directory.CreateDirectory(path);
        else System.Diagnostics.Process.Start("mkfifo", path).WaitForExit();
        using TileBuffer buffer = new(1 << 16);
        Defect defect = Assert.Single(ShardVerifier.VerifyFile(directory.Path, plan, HeadFile(plan), null, null, buffer, CancellationToken.None));
        Assert.Equal(DefectKinds.Unreadable, defect.Kind);
        Assert.Empty(ShardVerifier.VerifyDirectory(directory.Path, plan, CancellationToken.None));
    }

    [Fact]
    public void Foreign_files_are_reported_and_kept()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        File.WriteAllText(directory.File("notes.txt"), "mine");
        Directory.CreateDirectory(directory.File("sub"));
        Assert.Equal([("notes.txt", DefectKinds.ForeignFile), ("sub", DefectKinds.ForeignFile)], Verify(directory, plan, values: false).Select(defect => (defect.File, defect.Kind)));
        Repair(directory, plan);
        Assert.True(File.Exists(directory.File("notes.txt")));
    }

    /// <summary>P4: every change of one byte, anywhere in the directory but in plan.json's own text, is found. 10,000 places by seed, and each file's every byte outside values.</summary>
    [Theory]
    [InlineData("crc32")]
    [InlineData("sha256")]
    public void Ten_thousand_changed_bytes_are_all_found(string digest)
    {
        Plan plan = TestPlans.Small(digest: digest);
        using TestDirectory directory = new(inMemory: true);
        directory.Write(plan);
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path, TestPlans.Codec);
        using TileBuffer buffer = new(1 << 16);
        byte[][] files = [.. plan.Files.Select(file => File.ReadAllBytes(directory.File(file.Name)))];
        System.Random random = new(31);
        for (int round = 0; round < 10_000; round++)
        {
            int file = random.Next(files.Length);
            int at = random.Next(files[file].Length);
            byte mask = (byte)random.Next(1, 256);
            byte[] changed = [.. files[file]];
            changed[at] ^= mask;
            string path = directory.File(plan.Files[file].Name);
            WriteInPlace(path, changed, at);
            IReadOnlyList<Defect> defects = ShardVerifier.VerifyFile(directory.Path, plan, file, checkpoint.Manifest, null, buffer, CancellationToken.None);
            Assert.True(defects.Count > 0, $"file {file}, byte {at} xor {mask:x2}");
            WriteInPlace(path, files[file], at);
        }
        Assert.Empty(Verify(directory, plan, values: true));
    }

    /// <summary>Every byte of a small shard changed once: found, also where the reader would not look.</summary>
    [Fact]
    public void Every_byte_of_a_shard_counts()
    {
        Plan plan = TestPlans.Of(1, "crc32", 64, ("w", DType.BF16, [4, 3], LayerGroup.OfLayer(0)));
        using TestDirectory directory = new(inMemory: true);
        directory.Write(plan);
        using TileBuffer buffer = new(1 << 16);
        string path = directory.File(plan.Files[0].Name);
        byte[] good = File.ReadAllBytes(path);
        for (int at = 0; at < good.Length; at++)
        {
            byte[] changed = [.. good];
            changed[at] ^= 1;
            WriteInPlace(path, changed, at);
            Assert.NotEmpty(Verify(directory, plan, values: false, onlyFiles: true));
            WriteInPlace(path, good, at);
        }
        for (int length = 0; length < good.Length; length++)
        {
            File.WriteAllBytes(path, good[..length]);
            Assert.Equal(DefectKinds.WrongSize, Assert.Single(Verify(directory, plan, values: false, onlyFiles: true)).Kind);
        }
    }

    internal static IReadOnlyList<Defect> Verify(TestDirectory directory, Plan plan, bool values, bool onlyFiles = false)
    {
        using Checkpoint checkpoint = Checkpoint.OpenTolerant(directory.Path, TestPlans.Codec);
        using TileBuffer buffer = new(1 << 16);
        ITileSource? source = values ? new FakeSource(plan) : null;
        List<Defect> defects = onlyFiles ? [] : [.. ShardVerifier.VerifyDirectory(directory.Path, plan, CancellationToken.None)];
        for (int file = 0; file < plan.Files.Length; file++)
        {
            defects.AddRange(ShardVerifier.VerifyFile(directory.Path, plan, file, checkpoint.Manifest, source, buffer, CancellationToken.None));
        }
        return defects;
    }

    private static void Repair(TestDirectory directory, Plan plan)
    {
        HashSet<string> damaged = [.. Verify(directory, plan, values: true).Select(defect => defect.File)];
        using CheckpointWriter writer = CheckpointWriter.Open(directory.Path, TestPlans.Codec, FileOperations.System);
        using TileBuffer buffer = new(1 << 16);
        FakeSource source = new(plan);
        for (int file = 0; file < plan.Files.Length; file++)
        {
            if (damaged.Contains(plan.Files[file].Name)) ShardRepair.RewriteFile(writer, file, source, buffer);
        }
        ShardRepair.RewriteIndexAndManifest(writer);
    }

    private static int HeadFile(Plan plan) => plan.Files.ToList().FindIndex(file => file.Name == "head.g0.arrow");

    private static void WriteInPlace(string path, byte[] bytes, int at)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Write);
        stream.Position = at;
        stream.WriteByte(bytes[at]);
    }

    private static void Flip(string path, long at)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[at] ^= 0x01;
        File.WriteAllBytes(path, bytes);
    }

    private static void ChangeDigit(string path, long at)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[at] = bytes[at] == (byte)'0' ? (byte)'1' : (byte)'0';
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>Tile 1 with other values and the digest that belongs to them.</summary>
    private static void ForgeValues(string path, ShardLayout layout, Plan plan)
    {
        byte[] bytes = File.ReadAllBytes(path);
        Span<byte> values = bytes.AsSpan((int)layout.ValueOffset(1), (int)layout.ValueLength(1));
        values.Fill(0x3C);
        System.Text.Encoding.ASCII.GetBytes(Digests.Compute(plan.DigestKind, values), bytes.AsSpan((int)layout.DigestOffset(1)));
        File.WriteAllBytes(path, bytes);
    }

    private static void OtherManifest(string path)
    {
        using TestDirectory other = new();
        other.Write(TestPlans.Small(seed: 8));
        File.Copy(other.File("manifest.json"), path, overwrite: true);
    }
}
