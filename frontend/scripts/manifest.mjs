// After the build: MANIFEST.json with the hash of each built file and of the sources, and the licences of what is bundled.
//
// The hash over the sources is sha256 of the lines "<sha256 of the file>  <path below frontend/>\n", in the order of the
// paths as bytes, over src/ (without *.test.*, dev and testing), package-lock.json and vite.config.ts. A Python test
// repeats it, so that a bundle older than its sources is noticed without node.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const STATIC = path.join(ROOT, '../tb_contention/static');
/** KiB, gzipped: of what is loaded before the first picture, and of everything. */
const LIMITS = { initial: 60, total: 88 };
const BUNDLED = ['preact', '@preact/signals', '@preact/signals-core'];

const sha256 = (data) => createHash('sha256').update(data).digest('hex');

function sources() {
  const src = readdirSync(path.join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      path
        .relative(ROOT, path.join(entry.parentPath ?? entry.path, entry.name))
        .split(path.sep)
        .join('/'),
    )
    .filter((name) => !/\.test\.tsx?$/.test(name) && !name.startsWith('src/testing/'));
  return [...src, 'package-lock.json', 'vite.config.ts'].sort((a, b) => (a < b ? -1 : 1));
}

function licences() {
  return BUNDLED.map((name) => {
    const folder = path.join(ROOT, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const text = readFileSync(path.join(folder, 'LICENSE'), 'utf8').trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  }).join(`\n${'-'.repeat(80)}\n\n`);
}

writeFileSync(path.join(STATIC, 'licenses.txt'), licences());
const names = readdirSync(STATIC)
  .filter((name) => name !== 'MANIFEST.json')
  .sort();
const files = Object.fromEntries(names.map((name) => [name, sha256(readFileSync(path.join(STATIC, name)))]));
const lines = sources().map((name) => `${sha256(readFileSync(path.join(ROOT, name)))}  ${name}\n`);
const manifest = { files, sources: sha256(lines.join('')) };
writeFileSync(path.join(STATIC, 'MANIFEST.json'), `${JSON.stringify(manifest, null, 2)}\n`);

const bytesOf = (scripts) =>
  scripts.reduce(
    (sum, name) => sum + gzipSync(readFileSync(path.join(STATIC, name)), { level: 9 }).length,
    0,
  );

/** A script with what it imports at once, and what that imports. */
function withImports(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  const text = readFileSync(path.join(STATIC, name), 'utf8');
  for (const [, next] of text.matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g))
    withImports(next, found);
  return found;
}

const sizes = {
  initial: bytesOf([...withImports('index.js')]),
  total: bytesOf(names.filter((name) => name.endsWith('.js'))),
};
for (const [what, size] of Object.entries(sizes)) {
  const isOver = size > LIMITS[what] * 1024;
  console.log(
    `${what}: ${(size / 1024).toFixed(1)} KiB gzipped of ${LIMITS[what]}${isOver ? ', TOO MUCH' : ''}`,
  );
  if (isOver) process.exitCode = 1;
}
