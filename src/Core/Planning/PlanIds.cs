using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Planning;

/// <summary>
/// The two ids of a plan: SHA-256 over the canonical encoding that docs/plan-format.md writes down byte by byte. All numbers are little-endian; a text is its
/// UTF-8 byte count (u32) and its bytes; a list is its count (u64) and its members; a double is its eight bytes.
/// </summary>
public static class PlanIds
{
    /// <summary>Depends on spec, seed, namespace, and name, shape, distribution and zero rows of every logical tensor, in name order.</summary>
    public static string ValuesId(int spec, ulong seed, string @namespace, ImmutableArray<LogicalTensor> logical)
    {
        CanonicalWriter writer = new("ShardInit values\0");
        writer.U32((uint)spec);
        writer.U64(seed);
        writer.Text(@namespace);
        writer.Count(logical.Length);
        foreach (LogicalTensor tensor in logical)
        {
            writer.Text(tensor.Name);
            writer.Longs(tensor.Shape.Dims);
            WriteDistribution(writer, tensor.Init);
            writer.Longs(tensor.ZeroRows);
        }
        WriteSeeds(writer, logical);
        return writer.Sha256();
    }

    /// <summary>
    /// Depends on the values id and on everything else that the bytes of shard files follow from: the model's name, which stands in them, stored tensors, parts, groups,
    /// sizes, format, digest kind.
    /// </summary>
    public static string PlanId(Plan plan)
    {
        CanonicalWriter writer = new("ShardInit plan\0");
        writer.Bytes(Convert.FromHexString(plan.ValuesId));
        writer.Text(plan.Model);
        writer.Text(plan.StorageFormat);
        writer.U32((uint)plan.Format);
        writer.I64(plan.ShardBytes);
        writer.I64(plan.TileBytes);
        writer.Text(plan.DigestKind);
        writer.Count(plan.Tensors.Length);
        foreach (StoredTensor tensor in plan.Tensors) WriteTensor(writer, tensor);
        writer.Count(plan.Tied.Count);
        foreach ((string name, string target) in plan.Tied.OrderBy(tie => tie.Key, TensorNames.Order))
        {
            writer.Text(name);
            writer.Text(target);
        }
        return writer.Sha256();
    }

    private static void WriteDistribution(CanonicalWriter writer, Distribution distribution)
    {
        writer.Text(distribution.Kind);
        ImmutableArray<double> numbers = DistributionJson.Numbers(distribution);
        writer.Count(numbers.Length);
        foreach (double number in numbers) writer.Double(number);
        switch (distribution)
        {
            case FormulaDistribution formula: writer.Texts([formula.Formula, .. formula.Names]); break;
            case Plugin plugin: writer.Texts([plugin.Assembly, plugin.Type, .. plugin.Names]); break;
            case Rows rows:
                writer.Count(rows.Ranges.Length);
                foreach (RowRange range in rows.Ranges)
                {
                    writer.I64(range.Start);
                    writer.I64(range.End);
                    WriteDistribution(writer, range.Init);
                }
                break;
        }
    }

    // Nothing at all where no tensor has a seed of its own, as it was before tensors could have one.
    private static void WriteSeeds(CanonicalWriter writer, ImmutableArray<LogicalTensor> logical)
    {
        int count = logical.Count(tensor => tensor.Seed is not null);
        if (count == 0) return;
        writer.Count(count);
        for (int position = 0; position < logical.Length; position++)
        {
            if (logical[position].Seed is not ulong seed) continue;
            writer.U64((ulong)position);
            writer.U64(seed);
        }
    }

    private static void WriteTensor(CanonicalWriter writer, StoredTensor tensor)
    {
        writer.Text(tensor.Name);
        writer.Text(tensor.DType.Name());
        writer.Longs(tensor.Shape.Dims);
        writer.U32((uint)tensor.Group.Kind);
        writer.U32((uint)tensor.Group.Layer);
        writer.U32(tensor.IsBuffer ? 1u : 0u);
        writer.Count(tensor.Parts.Length);
        foreach (Part part in tensor.Parts)
        {
            writer.U64((ulong)part.Logical);
            WriteRanges(writer, part.Source);
            writer.Count(part.Permutation.Length);
            foreach (int axis in part.Permutation) writer.U32((uint)axis);
            WriteRanges(writer, part.Destination);
        }
    }

    private static void WriteRanges(CanonicalWriter writer, ImmutableArray<AxisRange> ranges)
    {
        writer.Count(ranges.Length);
        foreach (AxisRange range in ranges)
        {
            writer.I64(range.Start);
            writer.I64(range.End);
            writer.I64(range.Step);
        }
    }

    private sealed class CanonicalWriter
    {
        // A large model has some ten megabytes of them: hashed on the way, never gathered.
        private const int Gathered = 1 << 16;

        private readonly ArrayBufferWriter<byte> _bytes = new(2 * Gathered);
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        /// <param name="domain">Keeps the two ids, and any later one, apart.</param>
        public CanonicalWriter(string domain) => _bytes.Write(Encoding.ASCII.GetBytes(domain));

        public void Bytes(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

        public void U32(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_bytes.GetSpan(4), value);
            _bytes.Advance(4);
        }

        public void U64(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes.GetSpan(8), value);
            _bytes.Advance(8);
        }

        public void I64(long value) => U64((ulong)value);

        public void Count(int count) => U64((ulong)count);

        public void Double(double value) => U64(BitConverter.DoubleToUInt64Bits(value));

        public void Longs(ImmutableArray<long> values)
        {
            Count(values.Length);
            foreach (long value in values) I64(value);
        }

        public void Texts(ImmutableArray<string> texts)
        {
            Count(texts.Length);
            foreach (string text in texts) Text(text);
        }

        public void Text(string text)
        {
            if (_bytes.WrittenCount >= Gathered) Hash();
            int length = Encoding.UTF8.GetByteCount(text);
            U32((uint)length);
            Encoding.UTF8.GetBytes(text, _bytes.GetSpan(length));
            _bytes.Advance(length);
        }

        public string Sha256()
        {
            Hash();
            return Convert.ToHexStringLower(_hash.GetHashAndReset());
        }

        private void Hash()
        {
            _hash.AppendData(_bytes.WrittenSpan);
            _bytes.ResetWrittenCount();
        }
    }
}
