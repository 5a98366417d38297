// The sums of the demo page, without a browser.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { createServer } from 'vite';

import { root } from './server.mjs';

const vite = await createServer({ root: `${root}/web-demo`, configFile: false, logLevel: 'error', server: { middlewareMode: true, ws: false } });
const { RunningMedian, SavingsCounter } = await vite.ssrLoadModule('/src/savings.ts');
after(() => vite.close());

const frame = { kind: 'remote', reason: '', score: 0.9, threshold: 0.5, faces: 1, gateMs: 1, modelMs: 40, bytesUp: 30_000 };

test('savings are skipped frames times what a frame that ran cost, less the gate on every frame', () => {
  const counter = new SavingsCounter();
  for (let i = 0; i < 2; ++i) counter.add(frame);
  for (let i = 0; i < 8; ++i) counter.add({ ...frame, kind: 'skipped', modelMs: 0, bytesUp: 0 });
  const total = counter.total();
  assert.deepEqual([total.frames, total.skipped, total.ran, total.lost], [10, 8, 2, 0]);
  assert.equal(total.savedMs, 8 * 40 - 10 * 1);
  assert.equal(total.savedBytes, 8 * 30_000);
});

test('a gate that costs more than it saves saves nothing, not less', () => {
  const counter = new SavingsCounter();
  counter.add({ ...frame, gateMs: 50 });
  counter.add({ ...frame, kind: 'skipped', gateMs: 50, modelMs: 0, bytesUp: 0 });
  assert.equal(counter.total().savedMs, 0);
});

test('frames that ran in the page save no bytes, and lost frames are counted as lost', () => {
  const counter = new SavingsCounter();
  counter.add({ ...frame, kind: 'local', bytesUp: 0 });
  counter.add({ ...frame, kind: 'lost', modelMs: 0 });
  counter.add({ ...frame, kind: 'skipped', modelMs: 0, bytesUp: 0 });
  assert.equal(counter.total().savedBytes, 0);
  assert.equal(counter.total().lost, 1);
});

test('the median forgets what left its window', () => {
  const median = new RunningMedian(3);
  assert.equal(median.value(), 0);
  for (const value of [100, 100, 1, 2, 3]) median.add(value);
  assert.equal(median.value(), 2);
});
