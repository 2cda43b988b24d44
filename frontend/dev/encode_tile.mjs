// The tile format of http_api.md, written: the counterpart of src/api/tile.ts for the mock server and the tests.
const ARRAYS = { f64: Float64Array, u32: Uint32Array, u16: Uint16Array, u8: Uint8Array };

const align = (size) => Math.ceil(size / 8) * 8;

/**
 * `header` holds level, index, start_ns, end_ns and names; each track its kind, its lane or session, and `columns`
 * as name -> [type, values]. Offsets depend on the header's own length: it is laid out until that settles.
 */
export function encodeTile(header, tracks) {
  let first = 0;
  for (;;) {
    let offset = first;
    const parts = [];
    const described = tracks.map(({ columns, ...track }) => {
      const n = Object.values(columns)[0][1].length;
      const places = Object.entries(columns).map(([name, [type, values]]) => {
        const array = ARRAYS[type].from(values);
        const place = [name, [type, offset]];
        parts.push([offset, array]);
        offset = align(offset + array.byteLength);
        return place;
      });
      return { ...track, n, columns: Object.fromEntries(places) };
    });
    const text = new TextEncoder().encode(JSON.stringify({ ...header, tracks: described }));
    const start = align(12 + text.length);
    if (start === first) return assemble(text, start, parts, offset);
    first = start;
  }
}

function assemble(text, start, parts, size) {
  const bytes = new Uint8Array(Math.max(size, start)).fill(32, 12, start);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('TBCT'), 0);
  view.setUint32(4, 1, true);
  view.setUint32(8, start - 12, true);
  bytes.set(text, 12);
  for (const [offset, array] of parts) bytes.set(new Uint8Array(array.buffer), offset);
  return bytes.buffer;
}
