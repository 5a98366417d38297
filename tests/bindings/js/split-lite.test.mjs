// The wrapper of sluice-lite.wasm, and pictures on their way into it: the same bytes as the native library, and the same grid as
// the core's preprocessing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { ModelIo } from '../../../bindings/js/dist/bindings/model.js';
import { instantiate } from '../../../bindings/js/dist/bindings/module.js';
import { probeFeatures } from '../../../bindings/js/dist/bindings/probes.js';
import { chooseVariant } from '../../../bindings/js/dist/bindings/variant.js';
import { noCost } from '../../../bindings/js/dist/cost.js';
import { SluiceError } from '../../../bindings/js/dist/errors.js';
import { InputReader } from '../../../bindings/js/dist/engine/input.js';
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

test('payloads, guesses and combined answers are those of the native library, also when runs overlap', () => {
  const vectors = new Vectors();
  const half = new Lite(lite, vectors.part(vectors.u32()));
  const remote = Float32Array.from({ length: half.classes }, (_, k) => k / 4 - 1);
  const arrived = half.codedChannels >> 1;
  const kept = [];
  for (let pictures = vectors.u32(); pictures > 0; --pictures) {
    half.picture.set(vectors.part(half.picture.length));
    const run = half.run();
    assert.deepEqual(run.guess, floats(vectors.part(4 * half.classes)));
    kept.push({ run, combined: floats(vectors.part(4 * half.classes)) });
    for (let turn = 0; turn < 2; ++turn) {
      const budget = vectors.u32();
      const written = vectors.u32();
      const channels = vectors.u32();
      const payload = vectors.part(written);
      const made = half.encode(channels);
      assert.ok(made.bytes.length <= budget);
      assert.deepEqual([made.channels, made.bytes], [channels, payload]);
    }
  }
  assert.ok(kept.length > 1);
  for (const { run, combined } of kept) assert.deepEqual(half.combine(run, remote, arrived), combined);
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
  const half = new Lite(lite, toyUnit);
  const run = half.run();
  assert.throws(() => half.combine(run, new Float32Array(4), 1), { code: 'malformed_message', message: /4 values; the guess has 3/ });
  assert.throws(() => half.combine(run, new Float32Array(3), 4), { code: 'malformed_message', message: /4 channels/ });
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

test('an answer that cannot be put to the guess leaves the guess, and errors of the caller stay errors', async () => {
  const { split } = halvesBundle().manifest;
  const halves = new Halves(lite, toyUnit, { device: 'device', points: split.points, fit: 'stretch', fill: 0 }, false);
  const reader = new InputReader(1);
  const colour = [180, 96, 205];
  const input = { type: 'pixels', pixels: coloured(colour) };
  assert.ok(Math.abs(halves.setTarget(0.7, 1) - 0.7) < 1e-6);
  assert.equal(halves.encode(input, { encodings: ['jpeg', 'rgb'] }, undefined, reader), undefined);
  const one = await halves.encode(input, { encodings: ['split', 'jpeg'] }, undefined, reader);
  assert.equal(one.encoding, 'split');
  assert.ok(one.payload.length > 0);
  const answered = (...outputs) => ({ type: 'answered', input: 1, kind: 'split', reason: 'x', score: 0, threshold: 0, outputs, cost: noCost });
  const logits = { name: 'logits', type: 'float32', dims: [1, 3], data: Float32Array.of(48, 0, 0) };
  const channels = (count) => ({ name: 'channels', type: 'int32', dims: [1], data: Int32Array.of(count) });
  const right = halves.instead(answered(logits, channels(1)), input, reader);
  assert.deepEqual([...right.outputs[0].data], expected(colour, 1));
  for (const outputs of [
    [],
    [logits],
    [logits, channels(0)],
    [logits, channels(-1)],
    [logits, channels(4)],
    [logits, { ...channels(1), name: 'other' }],
    [logits, { ...channels(1), data: Int32Array.of(1, 1) }],
    [logits, { ...channels(1), data: Float32Array.of(1) }],
    [{ ...logits, data: new Float32Array(4) }, channels(1)],
    [{ ...logits, type: 'int32', data: new Int32Array(3) }, channels(1)],
    [logits, channels(1), logits],
  ]) {
    const event = halves.instead(answered(...outputs), input, reader);
    assert.deepEqual([event.kind, event.outputs[1].data[0], [...event.outputs[0].data]], ['split', 0, expected(colour, 0)]);
    assert.match(event.reason, /guess of the device half: the remote half's answer/);
  }
  assert.equal(halves.answersAlone(input, undefined), false);
  halves.heard('connecting');
  assert.equal(halves.answersAlone(input, undefined), false);
  const other = { type: 'pixels', pixels: coloured([9, 9, 200]) };
  const failed = (code) => ({ type: 'failed', input: 2, error: new SluiceError(code, 'why'), cost: noCost });
  for (const code of ['superseded', 'cancelled', 'invalid_image', 'disposed']) assert.equal(halves.instead(failed(code), other, reader), undefined);
  for (const code of ['deadline_expired', 'connection_lost', 'execution_failed']) {
    assert.deepEqual([...(await halves.instead(failed(code), other, reader)).outputs[0].data], expected([9, 9, 200], 0));
  }
  const unread = { type: 'pixels', pixels: { data: new Uint8Array(2), width: 8, height: 8, format: 'rgb' } };
  const first = failed('deadline_expired');
  assert.equal(await halves.instead(first, unread, reader), first);
});
