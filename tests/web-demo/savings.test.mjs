// The sums and the words of the demo page, without a browser.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { open } from 'sluice';
import { createServer } from 'vite';

import { bundles, root } from './server.mjs';

const vite = await createServer({ root: `${root}/web-demo`, configFile: false, logLevel: 'error', server: { middlewareMode: true, ws: false } });
const { RunningMedian, SavingsCounter } = await vite.ssrLoadModule('/src/savings.ts');
const { NetworkCounter } = await vite.ssrLoadModule('/src/network.ts');
const { barsOf, decisionWords, PlacingCounter, sumsWords } = await vite.ssrLoadModule('/src/placing.ts');
const { howSaved } = await vite.ssrLoadModule('/src/savings-words.ts');
const { recordOf } = await vite.ssrLoadModule('/src/play.ts');
const { captionOf } = await vite.ssrLoadModule('/src/caption.ts');
const { kKinds } = await vite.ssrLoadModule('/src/kinds.ts');
const { spendingOf } = await vite.ssrLoadModule('/src/budget.ts');
const { PictureView } = await vite.ssrLoadModule('/src/view/picture.ts');
const { sentenceForVideo } = await vite.ssrLoadModule('/src/source/media-error.ts');
after(() => vite.close());

const frame = { kind: 'remote', reason: '', score: 0.9, threshold: 0.5, faces: 1, gateMs: 1, modelMs: 40, bytesUp: 30_000, answerMs: 42, superseded: false };

test('savings are skipped frames times what a frame that ran cost, less the gate on every frame', () => {
  const counter = new SavingsCounter();
  for (let i = 0; i < 2; ++i) counter.add(frame);
  for (let i = 0; i < 8; ++i) counter.add({ ...frame, kind: 'skipped', modelMs: 0, bytesUp: 0 });
  const total = counter.total();
  assert.deepEqual([total.frames, total.filtered, total.counts.skipped, total.counts.remote, total.counts.lost], [10, 8, 8, 2, 0]);
  assert.equal(total.savedMs, 8 * 40 - 10 * 1);
  assert.equal(total.savedBytes, 8 * 30_000);
});

const considered = [
  { kind: 'whole', form: 'whole', taken: false, predictedMs: 300, predictedP95Ms: 400, bytes: 62_000, inTime: false },
  { kind: 'small', form: 'shrunk', taken: true, predictedMs: 100, predictedP95Ms: 120, bytes: 31_000, inTime: true },
  { kind: 'here', form: 'here', taken: false, predictedMs: 150, predictedP95Ms: 180, bytes: 0, inTime: true },
];
const placement = {
  chosen: 'small',
  predictedMs: 100,
  predictedBytes: 31_000,
  actualMs: 125,
  actualBytes: 30_000,
  inTime: true,
  considered,
  duplicate: 'none',
};

test('the ways of a frame are compared on one scale, the quickest first, and only the one that was taken says what it took', () => {
  const bars = barsOf(placement);
  assert.deepEqual(
    bars.map(({ choice, taken, expected, atMost, inTime, words }) => ({ choice, taken, expected, atMost, inTime, words })),
    [
      { choice: 'small', taken: true, expected: 0.25, atMost: 0.3, inTime: true, words: '100 ms, 31 kB' },
      { choice: 'here', taken: false, expected: 0.375, atMost: 0.45, inTime: true, words: '150 ms' },
      { choice: 'whole', taken: false, expected: 0.75, atMost: 1, inTime: false, words: '300 ms, 62 kB' },
    ],
  );
  assert.equal(bars[0].actual, 125 / 400);
  assert.ok(bars.slice(1).every(({ actual }) => Number.isNaN(actual)));
  const slow = barsOf({ ...placement, actualMs: 1600 });
  assert.deepEqual([slow[0].actual, slow[2].expected], [1, 300 / 1600]);
  assert.deepEqual(barsOf({ ...placement, chosen: undefined, considered: [] }), []);
});

test('a decision is said in a sentence, whatever became of it', () => {
  assert.equal(decisionWords(placement), 'Expected 100 ms, took 125 ms and 30 kB.');
  assert.match(decisionWords({ ...placement, duplicate: 'begun' }), /came second\.$/);
  assert.match(decisionWords({ ...placement, duplicate: 'won' }), /^Expected from the server after 100 ms; the model in this page .* after 125 ms\.$/);
  assert.match(decisionWords({ ...placement, chosen: undefined, predictedMs: undefined }), /^It waited for the server .* after 125 ms\.$/);
});

test('decisions are counted by what answered, with how far off the expected times were', () => {
  const counter = new PlacingCounter();
  assert.equal(sumsWords(counter.sums()), '');
  for (let i = 0; i < 3; ++i) counter.add(placement);
  counter.add({ ...placement, duplicate: 'won' });
  counter.add({ ...placement, chosen: 'whole', actualMs: 100 });
  assert.equal(sumsWords(counter.sums()), 'Of the latest frames: shrunk 3, in this page 1, whole 1. What was expected was off by 20 % in the median.');
  for (let i = 0; i < 100; ++i) counter.add({ ...placement, chosen: 'whole', actualMs: 100 });
  assert.deepEqual([...counter.sums().counts], [['whole', 60]]);
  counter.clear();
  assert.equal(counter.sums().counts.size, 0);
});

test('a gate that costs more than it saves saves nothing, not less', () => {
  const counter = new SavingsCounter();
  counter.add({ ...frame, gateMs: 50 });
  counter.add({ ...frame, kind: 'skipped', gateMs: 50, modelMs: 0, bytesUp: 0 });
  assert.equal(counter.total().savedMs, 0);
});

test('how the savings come about is said in numbers that multiply to them', () => {
  const counter = new SavingsCounter();
  assert.match(howSaved(counter.total()), /^Nothing to estimate from/);
  counter.add(frame);
  assert.match(howSaved(counter.total()), /^Nothing to estimate from/);
  counter.add({ ...frame, kind: 'reused', modelMs: 0, bytesUp: 0 });
  assert.match(howSaved(counter.total()), /: 1 frame without the model × 40 ms and 30 kB, .*; less 2 ms/);
  counter.add({ ...frame, kind: 'skipped', modelMs: 0, bytesUp: 0 });
  assert.match(howSaved(counter.total()), /: 2 frames .* × 40 ms/);
  const inPage = new SavingsCounter();
  inPage.add({ ...frame, kind: 'local', bytesUp: 0 });
  inPage.add({ ...frame, kind: 'skipped', modelMs: 0, bytesUp: 0 });
  assert.match(howSaved(inPage.total()), /: 1 frame without the model × 40 ms, what/);
});

test('frames that ran in the page save no bytes, and lost frames are counted as lost', () => {
  const counter = new SavingsCounter();
  counter.add({ ...frame, kind: 'local', bytesUp: 0 });
  counter.add({ ...frame, kind: 'lost', modelMs: 0 });
  counter.add({ ...frame, kind: 'skipped', modelMs: 0, bytesUp: 0 });
  assert.equal(counter.total().savedBytes, 0);
  assert.equal(counter.total().counts.lost, 1);
  assert.equal(counter.total().counts.local, 1);
});

test('each kind of answer is recorded, counted, named and coloured by itself', () => {
  const noCost = {
    gateMs: 2,
    encodeMs: 0,
    waitMs: 0,
    roundTripMs: 0,
    serverQueueMs: 0,
    serverDecodeMs: 0,
    serverComputeMs: 0,
    localComputeMs: 0,
    bytesUp: 0,
    bytesDown: 0,
  };
  const costs = {
    skipped: {},
    reused: {},
    exited: { localComputeMs: 4 },
    split: { localComputeMs: 4, encodeMs: 1, roundTripMs: 20 },
    remote: { encodeMs: 3, roundTripMs: 30 },
    local: { localComputeMs: 50 },
  };
  const modelMs = { skipped: 0, reused: 0, exited: 4, split: 25, remote: 33, local: 50 };
  const counter = new SavingsCounter();
  for (const [kind, cost] of Object.entries(costs)) {
    const detections = kind === 'skipped' ? [] : [{}];
    const record = recordOf({ kind, reason: 'why', score: 0.4, threshold: 0.5, detections, cost: { ...noCost, ...cost } });
    assert.deepEqual([record.kind, record.faces, record.modelMs], [kind, detections.length, modelMs[kind]]);
    counter.add(record);
  }
  const { counts, filtered } = counter.total();
  assert.deepEqual(counts, { skipped: 1, reused: 1, exited: 1, split: 1, remote: 1, local: 1, lost: 0 });
  assert.equal(filtered, 2, 'skipped and reused frames did not reach the model');
  for (const of of ['label', 'color', 'colorOnLight']) assert.equal(new Set(Object.values(kKinds).map((look) => look[of])).size, Object.keys(kKinds).length);
  assert.equal(new Set(Object.keys(kKinds).map((kind) => captionOf({ ...frame, kind, reason: 'lost' }))).size, Object.keys(kKinds).length);
});

test('a video that does not play is explained, also by a browser that gives no message', () => {
  assert.equal(
    sentenceForVideo({ code: 4, message: '' }),
    'The sample stream could not be played: this browser does not play H.264 video, or the file is missing.',
  );
  assert.match(sentenceForVideo({ code: 3, message: 'PIPELINE_ERROR_DECODE' }), /could not be decoded \(PIPELINE_ERROR_DECODE\)\.$/);
  for (const error of [null, { code: 99, message: '' }]) assert.match(sentenceForVideo(error), /could not be played: .*\w\.$/);
});

test('the link is judged by the latest frames that ran the model, superseded ones aside', () => {
  const counter = new NetworkCounter();
  assert.ok(Number.isNaN(counter.sums().inTime));
  for (const kind of ['skipped', 'reused']) counter.add({ ...frame, kind });
  counter.add({ ...frame, kind: 'lost', superseded: true });
  assert.ok(Number.isNaN(counter.sums().inTime));
  counter.add({ ...frame, kind: 'lost', answerMs: 0, bytesUp: 30_000 });
  for (const answerMs of [20, 10, 300]) counter.add({ ...frame, answerMs });
  assert.deepEqual(counter.sums(), { inTime: 0.75, answerMs: 20, sentBytes: 30_000 });
  for (let i = 0; i < 60; ++i) counter.add({ ...frame, kind: 'local', answerMs: 5, bytesUp: 0 });
  assert.deepEqual(counter.sums(), { inTime: 1, answerMs: 5, sentBytes: 0 });
});

test('the median forgets what left its window', () => {
  const median = new RunningMedian(3);
  assert.equal(median.value(), 0);
  for (const value of [100, 100, 1, 2, 3]) median.add(value);
  assert.equal(median.value(), 2);
});

test('what the slider says of a target is what the gate keeps, and from 97 % on that SKIP answers nothing', async (t) => {
  const gate = await open(`${bundles}/faces`, { server: 'ws://127.0.0.1:9', worker: false, threads: false });
  t.after(() => gate.dispose());
  const { questions } = gate.bundle;
  for (let target = 80; target <= 100; ++target) {
    const kept = await gate.setAccuracyTarget(target / 100);
    const spent = spendingOf(questions, target / 100);
    const sum = spent.reduce((all, { share }) => all + share, 0);
    assert.ok(Math.abs(kept - (1 - sum)) < 1e-5, `${target} %: ${kept} is kept, ${JSON.stringify(spent)}`);
  }
  const zeros = (target) => spendingOf(questions, target).map(({ share }) => share === 0);
  assert.deepEqual(
    [zeros(0.9), zeros(0.98), zeros(0.99)],
    [
      [false, false],
      [true, false],
      [true, true],
    ],
  );
});

test("a box's score stands on a ground of its own, within the picture, as large at every size of the canvas", () => {
  for (const shown of [320, 640, 1280]) {
    for (const [x0, y0] of [
      [100, 100],
      [0, 0],
      [600, 3],
    ]) {
      const drawn = [];
      const call =
        (name) =>
        (...given) => {
          drawn.push([name, ...given]);
          return { width: (30 * 640) / shown };
        };
      const context = new Proxy({}, { get: (set, name) => set[name] ?? call(name) });
      const canvas = { width: 640, height: 480, clientWidth: shown, clientHeight: (shown * 480) / 640, getContext: () => context };
      const box = { x0, y0, x1: x0 + 40, y1: y0 + 40, score: 0.98, landmarks: [] };
      new PictureView(canvas, { dataset: {} }).draw({ width: 640, height: 480 }, 'remote', [box], '');
      const at = drawn.findIndex(([name]) => name === 'fillText');
      const [, text, textX, textY] = drawn[at];
      const [, x, y, width, height] = drawn.slice(0, at).findLast(([name]) => name === 'roundRect');
      assert.equal(text, '98 %');
      assert.ok(x <= textX && textX < x + width && y < textY && textY < y + height, 'the text is on its ground');
      assert.ok(x >= 0 && y >= 0 && x + width <= 640 && y + height <= 480, `the ground is in the picture: ${[x, y, width, height]}`);
      assert.ok(Math.abs((height * shown) / 640 - 18) < 0.01, 'as large on every screen');
    }
  }
});
