// The gate alone has to be small: how large its module is, what is in it, and a bound that it must not grow past. The aim is
// 80 kB; the bound follows the module down.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { contents, table } from '../../../wasm/contents.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const built = join(process.env.SLUICE_BUILD ?? join(root, 'build'), 'wasm/wasm');
const aimBytes = 80_000;
const boundBytes = 205_000;

test('the gate-only module stays within its bound as brotli', (t) => {
  const read = contents(readFileSync(join(built, 'sluice-gate.wasm')), readFileSync(join(built, 'sluice-gate.wasm.symbols'), 'utf8'));
  t.diagnostic(`sluice-gate.wasm: ${table(read)}`);
  t.diagnostic(`${read.brotli} bytes as brotli; the aim is ${aimBytes}, the bound ${boundBytes}`);
  assert.ok(read.brotli <= boundBytes, `${read.brotli} bytes as brotli; the bound is ${boundBytes}`);
  const named = read.code.find(([name]) => name === 'model runner');
  assert.ok(named !== undefined && named[1] > 0, 'the symbols do not belong to this module');
});
