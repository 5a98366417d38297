// The public API in Node without a server: the gate and the full model, on this thread and in a worker.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { open, SluiceError } from 'sluice';

import { noCost } from '../../../bindings/js/dist/cost.js';
import { Tally } from '../../../bindings/js/dist/engine/tally.js';
import { brightBundle, plain, writeBundle } from './support/bundle.mjs';

const { url } = writeBundle(brightBundle());
// Disposed with the test (`await using` in runtimes that have it).
const openFor = async (t, bundle, options) => {
  const gate = await open(bundle, options);
  t.after(() => gate.dispose());
  return gate;
};
const near = (actual, expected, tolerance = 1e-3) => assert.ok(Math.abs(actual - expected) < tolerance, `${actual} is not ${expected}`);

for (const worker of [false, true]) {
  const where = worker ? 'in a worker' : 'on this thread';

  test(`dark pictures are skipped, bright ones reach the model, ${where}`, async () => {
    const gate = await open(url, { worker, threads: false });
    try {
      assert.equal(gate.bundle.name, 'bright');
      assert.equal(gate.environment.worker, worker);
      assert.equal(gate.environment.integrity, 'sha256');
      const dark = await gate.infer(plain(20));
      assert.equal(dark.kind, 'skipped');
      assert.match(dark.reason, /skip/);
      near(dark.score, 1 / (1 + Math.exp(-20 * (20 / 255 - 0.5))));
      near(dark.threshold, 0.5);
      assert.deepEqual(dark.detections, []);
      const bright = await gate.infer({ ...plain(200), timestamp: 12 });
      assert.equal(bright.kind, 'local');
      assert.deepEqual([bright.width, bright.height, bright.timestamp], [64, 48, 12]);
      const [mean] = bright.outputs;
      assert.deepEqual([mean.name, mean.type, mean.dims], ['mean', 'float32', [1, 3]]);
      for (const channel of mean.data) near(channel, 200 / 255);
      assert.ok(bright.cost.localComputeMs > 0 && bright.cost.gateMs > 0 && bright.cost.bytesUp === 0);
    } finally {
      await gate.dispose();
    }
  });

  test(`a stream answers every frame once, in order when asked, ${where}`, async () => {
    const gate = await open(url, { worker, threads: false, policy: 'keep-all' });
    try {
      const levels = Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? 220 : 10));
      const kinds = [];
      for await (const item of gate.stream(
        levels.map((level) => plain(level)),
        { ordered: true },
      ))
        kinds.push([item.index, item.kind]);
      assert.deepEqual(
        kinds,
        levels.map((level, i) => [i, level > 128 ? 'local' : 'skipped']),
      );
      const stats = await gate.stats();
      assert.deepEqual([stats.offered, stats.answered.skipped, stats.answered.local, stats.failed], [40, 26, 14, 0]);
    } finally {
      await gate.dispose();
    }
  });
}

test('every pixel format gives the same answer', async () => {
  const gate = await open(url, { worker: false, threads: false });
  for (const format of ['rgba', 'rgb', 'bgr', 'bgra', 'gray'])
    near((await gate.infer(plain(100, 32, 32, format))).score, 1 / (1 + Math.exp(-20 * (100 / 255 - 0.5))));
  await gate.dispose();
});

test('the accuracy target moves the threshold', async (t) => {
  const gate = await openFor(t, url, { worker: false, threads: false });
  near(await gate.setAccuracyTarget(0.75), 0.8);
  near((await gate.infer(plain(20))).threshold, 0.9);
  assert.equal(await gate.setAccuracyTarget(0.99), 1); // not calibrated: nothing is skipped
  assert.equal((await gate.infer(plain(20))).kind, 'local');
  await assert.rejects(gate.setAccuracyTarget(0), { code: 'invalid_argument' });
  assert.equal(gate.bundle.operatingPoints.length, 2);
});

test('gate: false asks no question', async (t) => {
  const gate = await openFor(t, url, { worker: false, threads: false, gate: false });
  assert.equal((await gate.infer(plain(5))).kind, 'local');
});

test('a ReadableStream is a source, and leaving the loop cancels it', async (t) => {
  const gate = await openFor(t, url, { worker: true, threads: false, policy: 'keep-all' });
  let cancelled = false;
  let given = 0;
  const frames = new ReadableStream(
    { pull: (controller) => (++given, controller.enqueue(plain(10))), cancel: () => void (cancelled = true) },
    { highWaterMark: 0 },
  );
  let taken = 0;
  for await (const item of gate.stream(frames)) {
    assert.equal(item.kind, 'skipped');
    if (++taken === 5) break;
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(cancelled);
  assert.ok(given < 60, `${given} frames were pulled for 5 that were taken`);
  assert.equal((await gate.infer(plain(10))).kind, 'skipped');
});

test('the loop throws what its source throws, as it is', async (t) => {
  const gate = await openFor(t, url, { worker: false, threads: false });
  const thrownFor = async (thrown) => {
    const frames = async function* () {
      yield plain(10);
      throw thrown;
    };
    try {
      for await (const item of gate.stream(frames())) assert.equal(item.kind, 'skipped');
    } catch (caught) {
      return caught;
    }
    return assert.fail('the loop ended well');
  };
  const gone = new TypeError('camera gone');
  assert.equal(await thrownFor(gone), gone);
  assert.equal(await thrownFor('gone'), 'gone');
  assert.equal((await thrownFor(undefined)).code, 'invalid_argument'); // an end without a reason is no good end
});

test('a bad frame fails alone', async (t) => {
  const gate = await openFor(t, url, { worker: true, threads: false, policy: 'keep-all' });
  const frames = [plain(10), { data: new Uint8Array(5), width: 64, height: 48 }, 'no picture', { ...plain(1), width: 0 }, plain(10)];
  const items = [];
  for await (const item of gate.stream(frames, { ordered: true })) items.push(item.kind === 'failed' ? item.error.code : item.kind);
  assert.deepEqual(items, ['skipped', 'invalid_image', 'invalid_image', 'invalid_image', 'skipped']);
  await assert.rejects(gate.infer({ data: new Uint8Array(5), width: 64, height: 48 }), { code: 'invalid_image', message: /12288 bytes; there are 5/ });
  await assert.rejects(gate.infer({ ...plain(10), format: 'cmyk' }), { code: 'invalid_image', message: /cmyk/ });
});

test('use after dispose is a typed error, for waiting calls too', async () => {
  const gate = await open(url, { worker: true, threads: false });
  const stream = gate.stream([plain(10)]);
  const waiting = gate.infer(plain(200));
  const disposing = gate.dispose();
  await assert.rejects(waiting, { code: 'disposed' });
  await disposing;
  await gate.dispose(); // again is nothing
  await assert.rejects(gate.infer(plain(10)), (error) => error instanceof SluiceError && error.code === 'disposed' && error.category === 'argument');
  await assert.rejects(stream.next(), { code: 'disposed' });
  await assert.rejects(gate.stats(), { code: 'disposed' });
  assert.throws(() => gate.stream([]), { code: 'disposed' });
  assert.equal(gate.connection.state, 'stopped');
});

test('Symbol.dispose and Symbol.asyncDispose are there where the platform has them', async () => {
  const gate = await open(url, { worker: false, threads: false });
  for (const symbol of [Symbol.dispose, Symbol.asyncDispose]) if (symbol !== undefined) assert.equal(typeof gate[symbol], 'function');
  await gate.dispose();
});

test('abort works at every stage of open()', async () => {
  await assert.rejects(open(url, { worker: false, signal: AbortSignal.abort('no') }), { code: 'cancelled', name: 'AbortError', cause: 'no' });
  for (const worker of [false, true]) {
    for (const stage of ['sluice-client.wasm', 'manifest', 'filter']) {
      const controller = new AbortController();
      const onProgress = ({ what }) => what === stage && controller.abort(`at ${stage}`);
      await assert.rejects(open(url, { worker, threads: false, signal: controller.signal, onProgress }), { code: 'cancelled' }, `${stage}, worker ${worker}`);
    }
  }
});

test('abort ends infer() and stream()', async (t) => {
  const gate = await openFor(t, url, { worker: true, threads: false, policy: 'keep-all' });
  await assert.rejects(gate.infer(plain(10), { signal: AbortSignal.abort() }), { name: 'AbortError', code: 'cancelled' });
  const late = new AbortController();
  const waiting = gate.infer(plain(250), { signal: late.signal });
  late.abort('changed my mind');
  await assert.rejects(waiting, { code: 'cancelled', cause: 'changed my mind' });
  const controller = new AbortController();
  const endless = async function* () {
    for (;;) yield plain(10);
  };
  let seen = 0;
  await assert.rejects(
    async () => {
      for await (const item of gate.stream(endless(), { signal: controller.signal })) if (item.kind === 'skipped' && ++seen === 10) controller.abort();
    },
    { code: 'cancelled' },
  );
  assert.equal((await gate.infer(plain(10))).kind, 'skipped');
});

test('abort ends every call that waits for the engine', async (t) => {
  const gate = await openFor(t, url, { worker: true, threads: false });
  for (const call of [(options) => gate.stats(options), (options) => gate.memory(options), (options) => gate.setAccuracyTarget(0.8, options)]) {
    await assert.rejects(call({ signal: AbortSignal.abort('before') }), { code: 'cancelled', name: 'AbortError', cause: 'before' });
    const controller = new AbortController();
    const waiting = call({ signal: controller.signal });
    controller.abort('meanwhile');
    await assert.rejects(waiting, { code: 'cancelled', cause: 'meanwhile' });
    await call({ signal: new AbortController().signal });
  }
});

test('nothing keeps Node running after dispose()', () => {
  const script = `
    import('sluice').then(async ({ open }) => {
      const gate = await open(${JSON.stringify(url.href)}, { worker: true, threads: false });
      await gate.dispose();
      console.log(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length);
    });`;
  const cwd = fileURLToPath(new URL('../../../bindings/js/', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { cwd, encoding: 'utf8' });
  assert.equal(stdout.trim(), '0', stderr);
});

test('calls that wait when the gate is disposed of end with a type', async () => {
  const gate = await open(url, { worker: true, threads: false });
  const calls = [gate.stats(), gate.memory()].map((call) =>
    call.then(
      () => 'answered',
      ({ code }) => code,
    ),
  );
  await gate.dispose();
  for (const outcome of await Promise.all(calls)) assert.match(outcome, /answered|disposed/);
});

test('each kind of answer is counted by itself', () => {
  const tally = new Tally();
  const cost = { ...noCost, gateMs: 1 };
  const kinds = ['skipped', 'reused', 'exited', 'split', 'remote', 'local'];
  kinds.forEach((kind, i) => {
    for (let count = 0; count <= i; ++count) tally.answered(kind, cost);
  });
  const { answered, totals } = tally.read({ inFlight: 0, waiting: 0 }, 0);
  assert.deepEqual(answered, { skipped: 1, reused: 2, exited: 3, split: 4, remote: 5, local: 6 });
  assert.equal(totals.gateMs, 21);
});

test('memory is counted, stays flat over frames, and is given back', async () => {
  const gate = await open(url, { worker: false, threads: false });
  for (let i = 0; i < 5; ++i) await gate.infer(plain(200, 320, 240));
  const before = await gate.memory();
  for (let i = 0; i < 50; ++i) await gate.infer(plain(i % 2 ? 200 : 10, 320, 240));
  const after = await gate.memory();
  assert.ok(before.usedBytes > 0 && before.wasmBytes >= before.usedBytes && before.maxBytes === 2 * (1 << 30));
  assert.equal(after.wasmBytes, before.wasmBytes);
  assert.ok(after.usedBytes - before.usedBytes < 4096, `${after.usedBytes - before.usedBytes} bytes more after 50 frames`);
  assert.equal(after.pendingPictureBytes, 0);
  await gate.dispose();
});
