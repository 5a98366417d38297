// The page benchmark runs to its end in a real Chromium and prints the keys that others read. What the figures are is the
// benchmark's matter.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const bench = fileURLToPath(new URL('../../../wasm/bench/page.mjs', import.meta.url));

test('the page benchmark measures both sizes, and both kinds of frame are judged alike', { timeout: 300_000 }, () => {
  const report = execFileSync(process.execPath, [bench, '--quick'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const figures = JSON.parse(report.trimEnd().split('\n').at(-1));
  for (const size of [640, 1080]) {
    for (const part of ['gate_ms', 'read_ms', 'scale_ms', 'network_ms']) assert.ok(figures[`${part}_${size}`] > 0, report);
    for (const part of ['gate_ms', 'read_ms']) assert.ok(figures[`${part}_${size}_bitmap`] > 0, report);
  }
  assert.match(report, /640x480, I420/);
  assert.match(report, /1920x1080, I420/);
  const differences = [...report.matchAll(/differ by at most (\S+)/g)].map(([, value]) => Number(value));
  assert.equal(differences.length, 2, report);
  // A bitmap's chroma is interpolated by the browser, a frame's averaged by us.
  for (const difference of differences) assert.ok(difference < 0.2, report);
});
