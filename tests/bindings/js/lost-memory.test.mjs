// Arrays whose buffer was transferred or shrunk below them are refused with a type that names them.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { open, openFilter } from 'sluice';

import { brightBundle, plain, windowBundle, writeBundle } from './support/bundle.mjs';

const here = { worker: false, threads: false };
const bundles = {
  picture: brightBundle(),
  sound: windowBundle({ modality: 'audio', samples: 8, channels: 2, rate_hz: 16_000 }, 2, 8),
  readings: windowBundle({ modality: 'signal', steps: 4, channels: 2 }, 2, 4),
  tensor: windowBundle({ modality: 'tensor', type: 'float32', dims: [1, 2, 3] }, 2, 3),
};

/** An array of that type and length in each of the ways in which it can lose its memory. */
function lost(Type, length) {
  const bytes = length * Type.BYTES_PER_ELEMENT;
  const transferred = new Type(length);
  structuredClone(transferred.buffer, { transfer: [transferred.buffer] });
  const buffer = new ArrayBuffer(bytes, { maxByteLength: bytes });
  const shrunk = new Type(buffer, 0, length);
  buffer.resize(4);
  return [transferred, shrunk];
}

for (const [name, bundle, input, array, code, says] of [
  ['pixels', 'picture', (data) => ({ ...plain(10), data }), [Uint8Array, 64 * 48 * 4], 'invalid_image', /^data has lost its memory/],
  ['samples', 'sound', (samples) => ({ samples, channels: 2, rateHz: 16_000 }), [Float32Array, 16], 'invalid_input', /^samples has/],
  ['readings', 'readings', (values) => ({ values, channels: 2, steps: 4 }), [Float32Array, 8], 'invalid_input', /^values has/],
  ['tensors', 'tensor', (data) => ({ tensor: { type: 'float32', dims: [1, 2, 3], data } }), [Float32Array, 6], 'invalid_input', /^tensor\.data has/],
]) {
  test(`${name} without memory are refused by name`, async (t) => {
    const gate = await open(writeBundle(bundles[bundle]).url, here);
    t.after(() => gate.dispose());
    for (const gone of lost(...array)) {
      await assert.rejects(gate.infer(input(gone)), { name: 'SluiceError', code, message: says, hint: /slice\(\)/ });
      for await (const item of gate.stream([input(gone)])) assert.deepEqual([item.kind, item.error.code], ['failed', code]);
    }
  });
}

test('so are they by a filter alone', async (t) => {
  const filter = await openFilter(writeBundle(bundles.picture).url);
  t.after(() => filter.dispose());
  for (const data of lost(Uint8Array, 64 * 48 * 4)) await assert.rejects(filter.judge({ ...plain(10), data }), { code: 'invalid_image', message: /^data has/ });
});

test('parts and modules without memory are refused by name', async () => {
  const { manifest, files } = bundles.picture;
  const parts = { filter: files['filter.onnx'], model: files['model.onnx'] };
  const text = new TextEncoder().encode(JSON.stringify(manifest));
  const [transferred, shrunk] = lost(Uint8Array, 64);
  for (const gone of [transferred, transferred.buffer, shrunk]) {
    const refused = (what) => ({ name: 'SluiceError', code: 'invalid_argument', message: new RegExp(`^the ${what} has lost its memory`) });
    await assert.rejects(open({ manifest: gone, parts }, here), refused('manifest'));
    await assert.rejects(open({ manifest: text, parts: { ...parts, model: gone } }, here), refused("part 'model'"));
    await assert.rejects(open({ manifest: text, parts }, { ...here, assets: { files: { 'sluice-client.wasm': gone } } }), refused('sluice-client.wasm'));
  }
});

test('a tensor that is none is refused by name', async (t) => {
  const gate = await open(writeBundle(bundles.tensor).url, here);
  t.after(() => gate.dispose());
  for (const tensor of [null, undefined, 7]) await assert.rejects(gate.infer({ tensor }), { code: 'invalid_input', message: /^tensor is/ });
});
