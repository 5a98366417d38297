// The wrapper of sluice-lite.wasm, and pictures on their way into it: the same bytes as the native library, and the same grid as
// the core's preprocessing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { ModelIo } from '../../../bindings/js/dist/bindings/model.js';
import { instantiate } from '../../../bindings/js/dist/bindings/module.js';
import { probeFeatures } from '../../../bindings/js/dist/bindings/probes.js';
import { chooseVariant } from '../../../bindings/js/dist/bindings/variant.js';
import { fitRgb, letterboxed } from '../../../bindings/js/dist/split/fit.js';
import { Halves } from '../../../bindings/js/dist/split/halves.js';
import { Lite } from '../../../bindings/js/dist/split/lite.js';
import { coloured, expected, halvesBundle, toyUnit } from './support/split-bundle.mjs';

const moduleOf = (file) => new WebAssembly.Module(readFileSync(new URL(`../../../bindings/js/dist/wasm/${file}`, import.meta.url)));
const lite = moduleOf('sluice-lite.wasm');

// tests/wasm/lite/vectors.hpp says what they hold.
class Vectors {
  #data = readFileSync(new URL('../../wasm/lite/vectors.bin', import.meta.url));
  #at = 0;
  u32() {
    this.#at += 4;
    return this.#data.readUInt32LE(this.#at - 4);
  }
  part(length) {
    const from = this.#at;
    this.#at += (length + 3) & ~3;
    return Uint8Array.from(this.#data.subarray(from, from + length));
  }
}
const floats = (bytes) => new Float32Array(bytes.buffer);

test('payloads and guesses are those of the native library, and a payload may be cut where a channel ends', () => {
  const vectors = new Vectors();
  const half = new Lite(lite, vectors.part(vectors.u32()));
  for (let pictures = vectors.u32(); pictures > 0; --pictures) {
    half.picture.set(vectors.part(half.picture.length));
    assert.deepEqual(half.run(), floats(vectors.part(4 * half.classes)));
    vectors.part(4 * half.classes); // the combined answer is the client pipeline's
    const whole = half.encode(half.codedChannels);
    for (let turn = 0; turn < 2; ++turn) {
      const budget = vectors.u32();
      const written = vectors.u32();
      const channels = vectors.u32();
      const payload = vectors.part(written);
      const made = half.encode(channels);
      assert.ok(made.bytes.length <= budget);
      assert.deepEqual([made.ends.length, made.bytes], [channels, payload]);
      // Closed behind a channel it is as long as cut there, or a little shorter.
      assert.ok(whole.ends[channels - 1] >= written && whole.ends[channels - 1] <= written + 3);
    }
    assert.equal(whole.ends.at(-1), whole.bytes.length);
    assert.ok(whole.ends.every((end, i) => i === 0 || end >= whole.ends[i - 1]));
  }
});

test('features come out by channels, as symbols from 0 on', () => {
  const half = new Lite(lite, toyUnit);
  for (let at = 0; at < half.picture.length; at += 3) half.picture.set([0, 128 + at / 12, 255], at); // green grows by a quarter a pixel
  half.run();
  const { maps, width, height, symbols } = half.features();
  assert.deepEqual([maps.length, width, height, symbols], [3, 8, 8, 16]);
  assert.deepEqual([...new Set(maps[0])], [0]);
  assert.deepEqual([...new Set(maps[2])], [15]);
  assert.deepEqual([maps[1][0], maps[1][63]], [8, 9]);
});

test('what cannot be a device half, an answer or a module is refused', () => {
  for (const length of [0, 40, toyUnit.length - 1]) assert.throws(() => new Lite(lite, toyUnit.subarray(0, length)), { code: 'malformed_model' });
  assert.throws(() => new Lite(lite, new Uint8Array(600_000)), { code: 'out_of_memory', message: /600000/ });
  for (let at = 0; at < toyUnit.length; ++at) {
    const damaged = Uint8Array.from(toyUnit);
    damaged[at] ^= 0xff;
    try {
      new Lite(lite, damaged).run();
    } catch (thrown) {
      assert.ok(['malformed_model', 'out_of_memory'].includes(thrown.code), `byte ${at}: ${thrown}`);
    }
  }
  assert.throws(() => new Lite(moduleOf('sluice-gate.wasm'), toyUnit), { code: 'abi_version_mismatch' });
});

test('pictures are placed as the core places them', async () => {
  const features = probeFeatures(1);
  const choice = chooseVariant(features, { runs: 'models', threads: false, noBlocking: undefined });
  const module = await instantiate(moduleOf(choice.file), choice, { maxMemoryBytes: 1 << 28 });
  let seed = 1;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) & 255;
  let differing = 0;
  let compared = 0;
  for (const fit of ['stretch', 'letterbox']) {
    for (const target of [
      { width: 32, height: 32 },
      { width: 20, height: 12 },
    ]) {
      const io = new ModelIo(module, JSON.stringify(halvesBundle({}, { ...target, fit, mean: [0, 0, 0], fill: 9 }).manifest));
      for (const [width, height] of [
        [32, 32],
        [640, 480],
        [33, 31],
        [5, 7],
        [64, 100],
        [1, 1],
        [2, 300],
      ]) {
        const data = Uint8Array.from({ length: 3 * width * height }, random);
        const core = io.prepare({ data, width, height, format: 'rgb' });
        const ours = new Uint8Array(3 * target.width * target.height);
        fitRgb(data, { width, height }, target, fit, 9, ours);
        const pixels = target.width * target.height;
        for (let at = 0; at < ours.length; ++at, ++compared) {
          const theirs = Math.round(core.data[(at % 3) * pixels + Math.floor(at / 3)]);
          assert.ok(Math.abs(ours[at] - theirs) <= 1, `${fit} ${width} x ${height}: ${ours[at]} is not ${theirs} at ${at}`);
          if (ours[at] !== theirs) ++differing;
        }
      }
      io.dispose();
    }
  }
  module.dispose();
  assert.ok(differing <= compared / 500, `${differing} of ${compared} values differ by one`);
  assert.deepEqual(letterboxed({ width: 640, height: 480 }, { width: 32, height: 32 }), { width: 32, height: 24 });
});

test('a run gives what the split route wants, of as many channels as are allowed at most', () => {
  const { split } = halvesBundle().manifest;
  const halves = new Halves(lite, toyUnit, { device: 'device', points: split.points, fit: 'stretch', fill: 0 });
  assert.deepEqual([halves.part.name, halves.codedChannels], ['device', 3]);
  const colour = [180, 96, 205];
  const bytes = [];
  for (const most of [undefined, 256, 3, 2, 1, 0]) {
    const [guess, features, ends] = halves.run(coloured(colour), most);
    assert.deepEqual([guess.name, guess.type, guess.dims, [...guess.data]], ['logits', 'float32', [1, 3], expected(colour, 0)]);
    assert.deepEqual([features.type, features.dims, ends.type, ends.dims], ['uint8', [features.data.length], 'int32', [Math.min(most ?? 3, 3)]]);
    assert.equal(ends.data.at(-1) ?? 0, features.data.length);
    bytes.push(features.data.length);
  }
  assert.ok(bytes[0] === bytes[1] && bytes[1] === bytes[2] && bytes[2] > bytes[3] && bytes[3] > bytes[4] && bytes[5] === 0, bytes.join());
});
