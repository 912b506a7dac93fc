using System.Buffers.Binary;
using System.Text;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>One record batch of index.arrow while its rows are gathered, column by column.</summary>
internal sealed class IndexBatch
{
    private readonly Column[] _columns =
    [
        new("file", Kind.Text), new("tile", Kind.Int32), new("tensor", Kind.Text), new("dtype", Kind.Text), new("start", Kind.Numbers), new("shape", Kind.Numbers),
        new("byte_offset", Kind.Int64), new("byte_length", Kind.Int64), new("logical", Kind.Text),
        new("key", Kind.UInt64), new("c3", Kind.UInt32), new("first_counter", Kind.UInt64), new("digest", Kind.Text),
    ];

    private enum Kind { Text, Numbers, Int32, UInt32, Int64, UInt64 }

    public int RowCount { get; private set; }

    public static IEnumerable<FlatTable> Fields => new IndexBatch()._columns.Select(column => column.Field);

    public void Add(Plan plan, string file, int tile, ShardLayout layout, string digest, IndexRow row)
    {
        _columns[0].Add(file);
        _columns[1].Add(tile);
        _columns[2].Add(row.Tensor.Name);
        _columns[3].Add(row.Tensor.DType.Name());
        _columns[4].Add(row.Piece.Start.AsSpan());
        _columns[5].Add(row.Piece.Shape.AsSpan());
        _columns[6].Add(layout.ValueOffset(tile));
        _columns[7].Add(layout.ValueLength(tile));
        _columns[8].Add(row.Logical);
        _columns[9].Add((long)(row.Key.Key0 | ((ulong)row.Key.Key1 << 32)));
        _columns[10].Add(row.Key.Counter3);
        _columns[11].Add((long)row.FirstCounter);
        _columns[12].Add(digest);
        RowCount++;
    }

    public void Clear()
    {
        RowCount = 0;
        foreach (Column column in _columns) column.Clear();
    }

    /// <summary>The message's flatbuffer and the body, every buffer at a multiple of 64.</summary>
    public (byte[] Message, byte[] Body) Encode()
    {
        List<long> nodes = [], buffers = [];
        using MemoryStream body = new();
        foreach (Column column in _columns) column.Encode(RowCount, nodes, buffers, body);
        PadTo(body, ShardLayout.BufferAlignment);
        byte[] message = ArrowSchema.Message(ArrowSchema.HeaderRecordBatch, ArrowSchema.RecordBatch(RowCount, [.. nodes], [.. buffers]), body.Length, []);
        return (message, body.ToArray());
    }

    private static void PadTo(MemoryStream body, int multiple)
    {
        while (body.Length % multiple != 0) body.WriteByte(0);
    }

    private sealed class Column(string name, Kind kind)
    {
        private readonly MemoryStream _data = new();
        private readonly List<int> _offsets = [0];

        public FlatTable Field { get; } = kind switch
        {
            Kind.Text => ArrowSchema.Utf8(name),
            Kind.Numbers => ArrowSchema.List(name, ArrowSchema.Int(64, signed: true)),
            Kind.Int32 => ArrowSchema.Integer(name, 32, signed: true),
            Kind.UInt32 => ArrowSchema.Integer(name, 32, signed: false),
            Kind.Int64 => ArrowSchema.Integer(name, 64, signed: true),
            _ => ArrowSchema.Integer(name, 64, signed: false),
        };

        public void Add(string text)
        {
            _data.Write(Encoding.UTF8.GetBytes(text));
            _offsets.Add(checked((int)_data.Length));
        }

        public void Add(ReadOnlySpan<long> numbers)
        {
            foreach (long number in numbers) Add(number);
            _offsets.Add(checked((int)(_data.Length / 8)));
        }

        public void Add(long number)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
            _data.Write(kind is Kind.Int32 or Kind.UInt32 ? bytes[..4] : bytes);
        }

        public void Clear()
        {
            _data.SetLength(0);
            _offsets.Clear();
            _offsets.Add(0);
        }

        public void Encode(int rowCount, List<long> nodes, List<long> buffers, MemoryStream body)
        {
            AddNode(nodes, rowCount);
            AddBuffer(buffers, body, []);
            if (kind is Kind.Text or Kind.Numbers)
            {
                byte[] offsets = new byte[4 * _offsets.Count];
                for (int row = 0; row < _offsets.Count; row++) BinaryPrimitives.WriteInt32LittleEndian(offsets.AsSpan(4 * row), _offsets[row]);
                AddBuffer(buffers, body, offsets);
            }
            if (kind == Kind.Numbers)
            {
                AddNode(nodes, _offsets[^1]);
                AddBuffer(buffers, body, []);
            }
            AddBuffer(buffers, body, _data.GetBuffer().AsSpan(0, (int)_data.Length));
        }

        private static void AddNode(List<long> nodes, long length)
        {
            nodes.Add(length);
            nodes.Add(0);
        }

        private static void AddBuffer(List<long> buffers, MemoryStream body, ReadOnlySpan<byte> bytes)
        {
            PadTo(body, ShardLayout.BufferAlignment);
            buffers.Add(body.Length);
            buffers.Add(bytes.Length);
            body.Write(bytes);
        }
    }
}
