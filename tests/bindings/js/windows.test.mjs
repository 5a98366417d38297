// Inputs that are no pictures, through the public API in the full module: windows of sound and of sensor readings, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { open, openFilter } from 'sluice';

import { brightBundle, gatedSignalBundle, plain, windowBundle, writeBundle } from './support/bundle.mjs';

const audio = writeBundle(windowBundle({ modality: 'audio', samples: 8, channels: 2, rate_hz: 16_000 }, 2, 8)).url;
const signal = writeBundle(windowBundle({ modality: 'signal', steps: 4, channels: 2 }, 2, 4)).url;
const openFor = async (t, bundle, options) => {
  const gate = await open(bundle, { threads: false, ...options });
  t.after(() => gate.dispose());
  return gate;
};
const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-4, `${actual} is not ${expected}`);
const interleaved = (Type, left, right) => Type.from({ length: 16 }, (_, i) => (i % 2 === 0 ? left : right));

for (const worker of [false, true]) {
  const where = worker ? 'in a worker' : 'on this thread';

  test(`a window of sound passes through its model, ${where}`, async (t) => {
    const gate = await openFor(t, audio, { worker });
    assert.deepEqual([gate.bundle.modality, gate.bundle.sizes], ['audio', [8, 2, 16_000]]);
    for (const samples of [interleaved(Float32Array, 0.5, -0.25), interleaved(Int16Array, 16_384, -8192)]) {
      const result = await gate.infer({ samples, channels: 2, rateHz: 16_000, timestamp: 7 });
      assert.deepEqual([result.kind, result.timestamp, result.width, result.outputs[0].dims], ['local', 7, 0, [1, 2]]);
      near(result.outputs[0].data[0], 0.5);
      near(result.outputs[0].data[1], -0.25);
    }
  });

  test(`a window of readings passes through its model, ${where}`, async (t) => {
    const gate = await openFor(t, signal, { worker });
    const result = await gate.infer({ values: Float32Array.of(1, 2, 3, 4, -1, -1, -1, -1), channels: 2, steps: 4 });
    assert.equal(result.kind, 'local');
    assert.deepEqual([...result.outputs[0].data], [2.5, -1]);
    assert.equal(result.input, 1);
  });
}

test('questions are asked about signals too, by the filter alone as well', async (t) => {
  const { url } = writeBundle(gatedSignalBundle(4));
  const gate = await openFor(t, url, { worker: false });
  const window = (level) => ({ values: new Float32Array(4).fill(level), channels: 1, steps: 4 });
  assert.equal((await gate.infer(window(0))).kind, 'skipped');
  assert.equal((await gate.infer(window(1))).kind, 'local');
  const filter = await openFilter(url);
  t.after(() => filter.dispose());
  assert.deepEqual([(await filter.judge(window(0))).skip, (await filter.judge(window(1))).skip], [true, false]);
  await assert.rejects(filter.judge(plain(10)), { code: 'invalid_input' });
});

test('one module is fetched, wherever the questions are asked and the model runs', async (t) => {
  const { url } = writeBundle(gatedSignalBundle(4));
  const window = { values: new Float32Array(4).fill(1), channels: 1, steps: 4 };
  const server = 'ws://127.0.0.1:9'; // where nobody is
  for (const options of [{ threads: false }, { threads: 2 }, { threads: 2, place: 'remote-else-local', server }]) {
    const files = new Set();
    const onProgress = ({ what }) => what.endsWith('.wasm') && files.add(what);
    const gate = await openFor(t, url, { worker: false, budgetMs: 20_000, onProgress, ...options });
    assert.equal((await gate.infer(window)).kind, 'local');
    assert.equal((await gate.infer({ ...window, values: new Float32Array(4) })).kind, 'skipped');
    assert.equal(files.size, 1, [...files].join(', '));
    assert.equal(files.has('sluice-threads.wasm'), options.threads === 2);
  }
  const files = new Set();
  const onProgress = ({ what }) => what.endsWith('.wasm') && files.add(what);
  await openFor(t, url, { worker: false, server, onProgress });
  (await openFilter(url, { onProgress })).dispose();
  assert.equal(files.size, 1, [...files].join(', '));
});

test('what the bundle is not about is refused with a type', async (t) => {
  const sound = await openFor(t, audio, { worker: false });
  const samples = interleaved(Float32Array, 0, 0);
  const silence = { samples, channels: 2, rateHz: 16_000 };
  const broken = samples.slice();
  broken[3] = NaN;
  for (const wrong of [
    { ...silence, rateHz: 8000 },
    { ...silence, channels: 1 },
    { ...silence, channels: 0 },
    { ...silence, channels: 3 },
    { ...silence, samples: samples.subarray(2) },
    { ...silence, samples: [0, 1] },
    { ...silence, samples: broken },
    { values: new Float32Array(8), channels: 2, steps: 4 },
    { text: 'hello' },
    { tensor: { type: 'float32', dims: [1, 2, 8], data: samples } },
    plain(10),
  ]) {
    await assert.rejects(sound.infer(wrong), { code: 'invalid_input' }, JSON.stringify(wrong).slice(0, 80));
  }
  assert.equal((await sound.infer(silence)).kind, 'local');
  const pictures = await openFor(t, writeBundle(brightBundle()).url, { worker: false });
  await assert.rejects(pictures.infer(silence), { code: 'invalid_input' });
  assert.equal(pictures.environment.variant === 'gate', false);
});

test('a tensor and a text go in as they are', async (t) => {
  const gate = await openFor(t, writeBundle(windowBundle({ modality: 'tensor', type: 'float32', dims: [1, 2, 3] }, 2, 3)).url, { worker: false });
  assert.deepEqual(gate.bundle.sizes, [1, 2, 3]);
  const { outputs } = await gate.infer({ tensor: { type: 'float32', dims: [1, 2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } });
  assert.deepEqual([...outputs[0].data], [2, 5]);
  await assert.rejects(gate.infer({ tensor: { type: 'float32', dims: [1, 3, 2], data: new Float32Array(6) } }), { code: 'invalid_input' });
  await assert.rejects(gate.infer({ tensor: { type: 'float32', dims: [1, 2, 3], data: new Float32Array(5) } }), { code: 'invalid_input' });
  await assert.rejects(gate.infer({ text: 'hello' }), { code: 'invalid_input' });
});

test('the decision log comes line by line', async (t) => {
  const lines = [];
  const gate = await openFor(t, signal, { worker: true, record: (line) => lines.push(line) });
  await gate.infer({ values: new Float32Array(8), channels: 2, steps: 4 });
  await gate.stats();
  for (const what of ['start', 'offer'])
    assert.ok(
      lines.some((line) => line.includes(what)),
      `${what} is not in ${lines.join('; ')}`,
    );
});
