// Prints the rows of an index.arrow as arrow-js and DuckDB see them: node index.mjs FILE -> {"arrow-js": [row...], "duckdb": [row...]}
import { readFileSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';
import { openDatabase } from './duckdb.mjs';

const plain = value => typeof value === 'bigint' ? String(value) : typeof value === 'number' ? String(value)
  : value === null || typeof value === 'string' ? value : Array.from(value, Number);
const rowsOf = table => table.toArray().map(row => Object.fromEntries(Object.entries(row.toJSON()).map(([name, value]) => [name, plain(value)])));

const file = new Uint8Array(readFileSync(process.argv[2]));
const connection = (await openDatabase()).connect();
connection.insertArrowFromIPCStream(file.subarray(8), { name: 'idx', create: true });
const answer = { 'arrow-js': rowsOf(tableFromIPC(file)), duckdb: rowsOf(connection.query('SELECT * FROM idx')) };
process.stdout.write(JSON.stringify(answer) + '\n', () => process.exit(0));
