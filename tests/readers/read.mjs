// Opens shard files with three independent Arrow readers and prints what each sees, as one JSON object:
//   node read.mjs FILE...   ->   {"FILE": {"arrow-js": [tile...], "arrow-rs": [tile...], "duckdb": [tile...]}}
// A tile is {tensor, dtype, global_shape, start, shape, digest, column, sha256}: sha256 is that of the value bytes in the reader's memory.
// A reader that refuses a file gives {"error": text} instead.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tableFromIPC } from 'apache-arrow';
import { openDatabase } from './duckdb.mjs';

const require = createRequire(import.meta.url);
const valueColumns = ['f64', 'f32', 'f16', 'bf16', 'f8_e4m3', 'f8_e5m2', 'i64', 'i32', 'u8', 'bool'];

const bytesOf = array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const numbers = list => Array.from(list ?? [], Number);

// Rows of an arrow-js table: the form in which all three answers end up.
function tilesOf(table) {
  const present = valueColumns.filter(name => table.schema.fields.some(field => field.name === name));
  const tiles = [];
  for (let row = 0; row < table.numRows; row++) {
    const cell = name => table.getChild(name).get(row);
    const filled = present.filter(name => cell(name) !== null);
    if (filled.length !== 1) throw new Error(`row ${row}: ${filled.length} value columns are filled`);
    tiles.push({
      tensor: cell('tensor'), dtype: cell('dtype'),
      global_shape: numbers(cell('global_shape')), start: numbers(cell('start')), shape: numbers(cell('shape')),
      digest: cell('digest'), column: filled[0],
      sha256: createHash('sha256').update(bytesOf(cell(filled[0]).toArray())).digest('hex'),
    });
  }
  return tiles;
}

function arrowJs(file) {
  return tilesOf(tableFromIPC(file));
}

function arrowRs(file) {
  const parquet = require('parquet-wasm');
  const table = parquet.Table.fromIPCStream(file.subarray(8));
  return tilesOf(tableFromIPC(table.intoIPCStream()));
}

let tableCount = 0;
async function duckDb(file) {
  const connection = (await openDatabase()).connect();
  try {
    const name = `shard${tableCount++}`;
    connection.insertArrowFromIPCStream(file.subarray(8), { name, create: true });
    return tilesOf(connection.query(`SELECT * FROM ${name}`));
  } finally {
    connection.close();
  }
}

const answer = {};
for (const path of process.argv.slice(2)) {
  const file = new Uint8Array(readFileSync(path));
  answer[path] = {};
  for (const [reader, read] of [['arrow-js', arrowJs], ['arrow-rs', arrowRs], ['duckdb', duckDb]]) {
    try {
      answer[path][reader] = await read(file);
    } catch (error) {
      answer[path][reader] = { error: String(error?.message ?? error) };
    }
  }
}
process.stdout.write(JSON.stringify(answer, null, 1) + '\n', () => process.exit(0));
