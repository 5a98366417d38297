// The gate alone has to stay small: its module's budget, and what is in it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { contents, table } from '../../../wasm/contents.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const built = join(process.env.SLUICE_BUILD ?? join(root, 'build'), 'wasm/wasm');
const budgetBytes = 80_000;

test('the gate-only module takes at most 80 kB as brotli', (t) => {
  const read = contents(readFileSync(join(built, 'sluice-gate.wasm')), readFileSync(join(built, 'sluice-gate.wasm.symbols'), 'utf8'));
  t.diagnostic(`sluice-gate.wasm: ${table(read)}`);
  assert.ok(read.brotli <= budgetBytes, `${read.brotli} bytes as brotli; the budget is ${budgetBytes}`);
  const named = read.code.find(([name]) => name === 'model runner');
  assert.ok(named !== undefined && named[1] > 0, 'the symbols do not belong to this module');
});
