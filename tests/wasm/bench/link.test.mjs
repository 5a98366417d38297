// The link benchmark's arithmetic on runs made up here, and a short real run of both clients behind the pacing proxy. What the
// figures are is the benchmark's matter.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { figures, unsentPeak } from '../../../wasm/bench/link-figures.mjs';

const bench = fileURLToPath(new URL('../../../wasm/bench/link.mjs', import.meta.url));

const frame = (offeredS, endedS, how, bytes) => ({
  offered_us: offeredS * 1e6,
  ended_us: endedS * 1e6,
  how,
  handed_us: offeredS * 1e6,
  bytes_up: bytes,
});

test('goodput counts what was answered after the warm-up and before the last offer', () => {
  const ends = [
    frame(0, 1, 'remote', 500), // within the warm-up
    frame(1, 3, 'remote', 1000),
    frame(2, 4, 'deadline_expired', 1000),
    frame(3, 6, 'remote', 1000),
    frame(4, 4, 'superseded', 0),
    frame(12, 13, 'remote', 1000), // after the last offer
  ];
  const run = figures({
    ends,
    carried: [
      [2e6, 1500],
      [7e6, 4500],
    ],
    bytesPerS: 400,
    computed: 5,
    warmUpS: 2,
  });
  assert.equal(run.goodput, 2000 / (400 * 10));
  assert.equal(run.carriedShare, 3000 / (400 * 10));
  assert.equal(run.answered, 4);
  assert.equal(run.late, 1);
  assert.equal(run.meanBytes, 900);
  assert.ok(Math.abs(run.demand - (900 * 6) / (400 * 12)) < 1e-9);
});

test('bytes count as unsent from their handing over until the link has carried them, without the handshake before', () => {
  const sent = [frame(1, 9, 'remote', 1000), frame(3, 9, 'remote', 1000), frame(2, 9, 'remote', 1000)];
  assert.equal(
    unsentPeak(sent, [
      [0.5e6, 300],
      [1.5e6, 700],
      [2.5e6, 1300],
    ]),
    2000,
  );
  assert.equal(unsentPeak(sent, []), 3000);
  assert.equal(unsentPeak([], []), 0);
});

test('a short run drives both clients behind the pacing proxy and ends with the keys that others read', { timeout: 300_000 }, () => {
  const report = execFileSync(process.execPath, [bench, '--quick', '--rates', '6m', '--round-trips', '20'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const summary = JSON.parse(report.trimEnd().split('\n').at(-1));
  assert.deepEqual(Object.keys(summary), ['goodput_6m', 'late_computed_share', 'unsent_peak_bytes']);
  assert.ok(summary.goodput_6m > 0 && summary.goodput_6m < 1.2, report);
  assert.ok(summary.unsent_peak_bytes > 0, report);
  assert.match(report, /6m +20 ms {2}native/);
  assert.match(report, /6m +20 ms {2}page/);
});
