// Choosing, checking and making a module, below the public API.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { checkAbi, compile, instantiate } from '../../../bindings/js/dist/bindings/module.js';
import { probeFeatures } from '../../../bindings/js/dist/bindings/probes.js';
import { chooseVariant, singleThread } from '../../../bindings/js/dist/bindings/variant.js';
import { nodeTarget } from '../../../bindings/js/dist/targets/node.js';

const all = { simd: true, relaxedSimd: true, exceptions: true, noSharedMemory: undefined, hardwareConcurrency: 8 };
const full = { runs: 'models', threads: 'auto', noBlocking: undefined };
const bytesOf = (file) => readFileSync(new URL(`../../../bindings/js/dist/wasm/${file}`, import.meta.url));
const pick = ({ variant, threads, simd }) => ({ variant, threads, simd });

test('the gate alone takes the small module', () => {
  assert.deepEqual(pick(chooseVariant(all, { ...full, runs: 'gate' })), { variant: 'gate', threads: 1, simd: 'fixed' });
});

test('threads are taken where memory can be shared, at most four by themselves', () => {
  assert.deepEqual(pick(chooseVariant(all, full)), { variant: 'threads', threads: 4, simd: 'fixed' });
  assert.deepEqual(pick(chooseVariant(all, { ...full, threads: 6 })), { variant: 'threads', threads: 6, simd: 'fixed' });
});

test('without threads the reason is said', () => {
  const isolation = chooseVariant({ ...all, noSharedMemory: 'the page is not cross-origin isolated' }, full);
  assert.deepEqual(pick(isolation), { variant: 'relaxed', threads: 1, simd: 'relaxed' });
  assert.match(isolation.reason, /not cross-origin isolated/);
  assert.match(chooseVariant(all, { ...full, noBlocking: 'the main thread may not wait' }).reason, /main thread/);
  assert.match(chooseVariant(all, { ...full, threads: false }).reason, /asked for/);
  assert.equal(chooseVariant({ ...all, hardwareConcurrency: 1 }, full).threads, 1);
});

test('without relaxed SIMD the plain module serves', () => {
  assert.deepEqual(pick(singleThread({ ...all, relaxedSimd: false }, 'why')), { variant: 'plain', threads: 1, simd: 'fixed' });
});

test('a runtime without SIMD is refused with what to use', () => {
  assert.throws(() => chooseVariant({ ...all, simd: false }, full), { code: 'unsupported_environment', message: /SIMD/, hint: /Chrome/ });
});

test('a wrong number of threads is refused', () => {
  for (const threads of [0, -1, 1.5, 65, NaN]) {
    assert.throws(() => chooseVariant(all, { ...full, threads }), { code: 'invalid_argument', message: /threads/ });
  }
});

test('the probes see what Node has', () => {
  const features = probeFeatures(2);
  assert.deepEqual([features.simd, features.exceptions, features.noSharedMemory], [true, true, undefined]);
});

test('an ABI mismatch names both versions', () => {
  const wrong = (version) => ({ sluice_abi_version: () => version });
  assert.throws(() => checkAbi(wrong(9 << 16)), { code: 'abi_version_mismatch', message: /version 9\.0.*needs 3\.4/ });
  assert.throws(() => checkAbi({}), { code: 'abi_version_mismatch', message: /not one of Sluice's/ });
  assert.throws(() => checkAbi(wrong(3 << 16)), { code: 'abi_version_mismatch', message: /version 3\.0.*needs 3\.4/ });
  assert.equal(checkAbi(wrong((3 << 16) | 7)), (3 << 16) | 7);
});

test('a foreign module is refused, not called', async () => {
  const foreign = await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  const choice = chooseVariant(all, { ...full, runs: 'gate' });
  await assert.rejects(instantiate(foreign, choice, { maxMemoryBytes: 1 << 26 }));
});

test('the memory has an upper bound that allocations respect', async () => {
  const choice = chooseVariant(all, { ...full, runs: 'gate' });
  const module = await instantiate(await compile(bytesOf('sluice-gate.wasm'), undefined), choice, { maxMemoryBytes: 16 << 20 });
  assert.throws(() => module.heap.allocate(32 << 20), { code: 'out_of_memory', message: /33554432 bytes/ });
  const address = module.heap.allocate(8 << 20); // grows: the views of before are gone, those of now work
  module.heap.bytes[address] = 7;
  assert.equal(module.heap.view.getUint8(address), 7);
  await assert.rejects(instantiate(await compile(bytesOf('sluice-gate.wasm'), undefined), choice, { maxMemoryBytes: 1000 }), {
    code: 'invalid_argument',
    message: /maxMemoryBytes/,
  });
});

test('threads start, run and end', async () => {
  const choice = chooseVariant(all, { ...full, threads: 3 });
  const threadHost = { createThread: () => nodeTarget.createThread(), startTimeoutMs: 20_000 };
  const module = await instantiate(await compile(bytesOf('sluice-threads.wasm'), undefined), choice, { maxMemoryBytes: 64 << 20, threadHost });
  try {
    const { Model } = await import('../../../bindings/js/dist/bindings/model.js');
    const { meanColour } = await import('./support/onnx.mjs');
    for (let round = 0; round < 3; ++round) {
      const model = new Model(module, meanColour(8), 3); // each makes its threads, and destroying it gives them back
      assert.equal(model.inspect().threads, 3);
      const [mean] = model.run([{ name: '', type: 'float32', dims: [1, 3, 8, 8], data: new Float32Array(192).fill(0.25) }]);
      assert.deepEqual([...mean.data], [0.25, 0.25, 0.25]);
      model.dispose();
    }
  } finally {
    module.dispose();
  }
});

test('threads that do not start are an error within the time limit', async () => {
  const silent = () => ({ post: () => undefined, listen: () => undefined, terminate: () => undefined });
  const choice = chooseVariant(all, { ...full, threads: 2 });
  const compiled = await compile(bytesOf('sluice-threads.wasm'), undefined);
  await assert.rejects(instantiate(compiled, choice, { maxMemoryBytes: 64 << 20, threadHost: { createThread: silent, startTimeoutMs: 50 } }), {
    code: 'unsupported_environment',
    message: /did not start within 50 ms/,
  });
});
