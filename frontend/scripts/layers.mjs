// Check the direction of imports: each layer may import itself and those after it in its list.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SRC = path.join(path.dirname(fileURLToPath(import.meta.url)), '../src');

const MAY_IMPORT = {
  base: ['base'],
  api: ['api', 'base'],
  model: ['model', 'api', 'base'],
  canvas: ['canvas', 'model', 'base'],
  state: ['state', 'model', 'api', 'base'],
  views: ['views', 'state', 'canvas', 'model', 'api', 'base'],
};
const PREACT_IN = ['state', 'views', 'main.tsx'];

const layerOf = (file) => path.relative(SRC, file).split(path.sep)[0];

function faultsIn(file) {
  const layer = layerOf(file);
  const text = readFileSync(file, 'utf8');
  const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]);
  return imports.flatMap((name) => {
    if (name.startsWith('.')) {
      const target = layerOf(path.resolve(path.dirname(file), name));
      const allowed = MAY_IMPORT[layer];
      return allowed === undefined || allowed.includes(target)
        ? []
        : [`${layer} imports ${target} (${name})`];
    }
    const isPreact = name === 'preact' || name.startsWith('preact/') || name.startsWith('@preact/');
    return isPreact && !PREACT_IN.includes(layer) ? [`${layer} imports ${name}`] : [];
  });
}

const files = readdirSync(SRC, { recursive: true })
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) && !name.startsWith('testing'))
  .map((name) => path.join(SRC, name));
const faults = files.flatMap((file) =>
  faultsIn(file).map((fault) => `${path.relative(SRC, file)}: ${fault}`),
);
for (const fault of faults) console.error(fault);
if (files.length === 0) console.error('no sources found');
process.exitCode = faults.length > 0 || files.length === 0 ? 1 : 0;
