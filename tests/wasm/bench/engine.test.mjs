// The engine benchmark runs to its end in a real Chromium, with every contender of ours, and prints the keys that others read.
// What the figures are is the benchmark's matter.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const bench = fileURLToPath(new URL('../../../wasm/bench/engine.mjs', import.meta.url));
const keys = ['fp32_ratio_1t', 'fp32_ratio_2t', 'fp32_ratio_relaxed', 'int8_ratio_1t', 'native_ratio_1t', 'native_ratio_2t', 'gate_wasm_brotli_bytes'];

test('the engine benchmark measures every contender and computes what its peers compute', { timeout: 300_000 }, () => {
  const report = execFileSync(process.execPath, [bench, '--quick'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const figures = JSON.parse(report.trimEnd().split('\n').at(-1));
  for (const key of keys) assert.ok(figures[key] > 0, `${key} is ${figures[key]}`);
  const differences = [...report.matchAll(/largest output difference (\S+)/g)].map(([, value]) => Number(value));
  assert.ok(differences.length >= 4, report);
  for (const difference of differences) assert.ok(difference < 1e-3, report);
});
