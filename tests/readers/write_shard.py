"""A second writer of shard files, made from docs/format.md alone (standard library only).

Reads {"metadata": {...}, "tiles": [{tensor, dtype, global_shape, start, shape, values (hex)}...]} from stdin and writes the shard to stdout.
Its bytes must be those of our writer: a difference means that the text or the code is wrong.
"""
import json
import struct
import sys
import zlib

INT, FLOAT, UTF8, LIST = 2, 3, 5, 12
CODES = {"u8": "B", "i16": "h", "i32": "i", "i64": "q"}


class Flat:
    """Flatbuffers, section 3: objects are ("table", fields), ("text", t), ("vector", items), ("structs", words each, words); fields (type, value) or objects."""

    def __init__(self, root):
        self.bytes = bytearray(4)
        self.place(root, 0)
        self.align(8)

    def align(self, multiple):
        self.bytes += bytes(-len(self.bytes) % multiple)

    def take(self, count):
        start = len(self.bytes)
        self.bytes += bytes(count)
        return start

    def put(self, at, code, value):
        struct.pack_into("<" + code, self.bytes, at, value)

    def place(self, item, slot):
        start = getattr(self, item[0])(*item[1:])
        self.put(slot, "I", start[0] - slot)
        for child, at in start[1]:
            self.place(child, at)

    def table(self, fields):
        vtable_length = 4 + 2 * len(fields)
        self.take(-(len(self.bytes) + vtable_length) % 8)
        vtable = self.take(vtable_length)
        start = self.take(4)
        self.put(start, "i", vtable_length)
        children = []
        for number, field in enumerate(fields):
            if field is None:
                continue
            code = CODES.get(field[0])
            self.align(struct.calcsize(code) if code else 4)
            at = self.take(struct.calcsize(code) if code else 4)
            self.put(vtable + 4 + 2 * number, "H", at - start)
            if code:
                self.put(at, code, field[1])
            else:
                children.append((field, at))
        self.put(vtable, "H", vtable_length)
        self.put(vtable + 2, "H", len(self.bytes) - start)
        return start, children

    def text(self, value):
        self.align(4)
        encoded = value.encode()
        start = self.take(4)
        self.put(start, "I", len(encoded))
        self.bytes += encoded + b"\0"
        return start, []

    def vector(self, items):
        self.align(4)
        start = self.take(4 + 4 * len(items))
        self.put(start, "I", len(items))
        return start, [(item, start + 4 + 4 * number) for number, item in enumerate(items)]

    def structs(self, words_each, words):
        self.take((4 - len(self.bytes)) % 8)
        start = self.take(4)
        self.put(start, "I", len(words) // words_each)
        self.bytes += struct.pack(f"<{len(words)}q", *words)
        return start, []


def metadata(pairs):
    return ("vector", [("table", [("text", key), ("text", pairs[key])]) for key in sorted(pairs)]) if pairs else None


def field(name, nullable, kind, kind_table, children, pairs=None):
    return ("table", [("text", name), ("u8", nullable), ("u8", kind), kind_table, None, ("vector", children), metadata(pairs)])


def integer(bits, signed):
    return INT, ("table", [("i32", bits), ("u8", signed)])


def floating(precision):
    return FLOAT, ("table", [("i16", precision)])


EMPTY = ("table", [])
# column: item type, bytes per item, note
COLUMNS = {
    "f64": (floating(2), 8, None), "f32": (floating(1), 4, None), "f16": (floating(0), 2, None),
    "bf16": (integer(16, 0), 2, "bfloat16"), "f8_e4m3": (integer(8, 0), 1, "float8_e4m3fn"), "f8_e5m2": (integer(8, 0), 1, "float8_e5m2"),
    "i64": (integer(64, 1), 8, None), "i32": (integer(32, 1), 4, None), "u8": (integer(8, 0), 1, None), "bool": (integer(8, 0), 1, "bool"),
}


def list_field(name, nullable, item, note=None):
    return field(name, nullable, LIST, EMPTY, [field("item", 0, *item, [])], {"tensor.dtype": note} if note else None)


def schema_of(used, pairs):
    shapes = [list_field(name, 0, integer(64, 1)) for name in ("global_shape", "start", "shape")]
    values = [list_field(name, 1, COLUMNS[name][0], COLUMNS[name][2]) for name in used]
    texts = [field(name, 0, UTF8, EMPTY, []) for name in ("tensor", "dtype", "digest")]
    return ("table", [("i16", 0), ("vector", texts[:2] + shapes + values + texts[2:]), metadata(pairs)])


def message(kind, header, body_length, pairs, start, alignment):
    flat = Flat(("table", [("i16", 4), ("u8", kind), header, ("i64", body_length), metadata(pairs)])).bytes
    length = len(flat) + -(start + 8 + len(flat)) % alignment
    return b"\xff\xff\xff\xff" + struct.pack("<i", length) + flat + bytes(length - len(flat))


class Body:
    def __init__(self):
        self.nodes, self.buffers, self.bytes = [], [], bytearray()

    def buffer(self, content, alignment=64):
        self.bytes += bytes(-len(self.bytes) % alignment)
        self.buffers += [len(self.bytes), len(content)]
        self.bytes += content

    def text(self, value):
        self.column(len(value.encode()), 1, 0)
        self.buffer(value.encode())

    def items(self, count, content, alignment=64):
        self.column(count, 1, 0)
        self.nodes += [count, 0]
        self.buffer(b"")
        self.buffer(content, alignment)

    def null(self):
        self.nodes += [1, 1, 0, 0]
        for content in (bytes(8), bytes(8), b"", b""):
            self.buffer(content)

    def column(self, end, length, nulls):
        self.nodes += [length, nulls]
        self.buffer(b"")
        self.buffer(struct.pack("<ii", 0, end))


def batch(tile, number, used, start):
    column, values = tile["dtype"].lower(), bytes.fromhex(tile["values"])
    count = len(values) // COLUMNS[column][1]
    alignment = 4096 if len(values) >= 1 << 20 else 64
    body = Body()
    body.text(tile["tensor"])
    body.text(tile["dtype"])
    for name in ("global_shape", "start", "shape"):
        body.items(len(tile[name]), struct.pack(f"<{len(tile[name])}q", *tile[name]))
    for name in used:
        body.items(count, values, alignment) if name == column else body.null()
    body.text("crc32:%08x" % zlib.crc32(values))
    body.bytes += bytes(-len(body.bytes) % 64)
    first = 0
    for size, index in zip(tile["global_shape"], tile["start"]):
        first = first * size + index
    pairs = {"elements": f"{first}:{first + count}", "tensor": tile["tensor"], "tile": str(number)}
    header = ("table", [("i64", 1), ("structs", 2, body.nodes), ("structs", 2, body.buffers)])
    return message(3, header, len(body.bytes), pairs, start, alignment), body.bytes


def shard(tiles, pairs):
    used = [name for name in COLUMNS if any(tile["dtype"].lower() == name for tile in tiles)]
    schema = schema_of(used, pairs)
    out = bytearray(b"ARROW1\0\0")
    out += message(1, schema, 0, {}, len(out), 64)
    blocks = []
    for number, tile in enumerate(tiles):
        head, body = batch(tile, number, used, len(out))
        blocks += [len(out), len(head), len(body)]
        out += head + body
    footer = Flat(("table", [("i16", 4), schema, ("structs", 3, []), ("structs", 3, blocks)])).bytes
    return out + b"\xff\xff\xff\xff" + bytes(4) + footer + struct.pack("<i", len(footer)) + b"ARROW1"


if __name__ == "__main__":
    request = json.load(sys.stdin)
    sys.stdout.buffer.write(shard(request["tiles"], request["metadata"]))
