// The gate-only module computes with kernels of its own (core/model/gate_convolution.cpp); the full one runs the same network
// with XNNPACK's operators. Both must score the faces filter's pictures alike.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { FilterHandle } from '../../../bindings/js/dist/bindings/filter-handle.js';
import { instantiate } from '../../../bindings/js/dist/bindings/module.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const built = join(process.env.SLUICE_BUILD ?? join(root, 'build'), 'wasm/wasm');
const read = (file) => readFileSync(join(root, file));
const [width, height] = [80, 60];
const pictureBytes = width * height * 3;

function allPictures() {
  const recorded = read('tests/core/questions/faces/pictures.rgb');
  const pictures = Array.from({ length: recorded.length / pictureBytes }, (_, i) => recorded.subarray(i * pictureBytes, (i + 1) * pictureBytes));
  let state = 1;
  const noise = Uint8Array.from({ length: pictureBytes }, () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 24);
  return [...pictures, noise, new Uint8Array(pictureBytes), new Uint8Array(pictureBytes).fill(255)];
}

async function scores(file, pictures) {
  const choice = { variant: 'plain', file, simd: 'fixed', threads: 1, reason: 'this test' };
  const module = await instantiate(await WebAssembly.compile(readFileSync(join(built, file))), choice, { maxMemoryBytes: 2 ** 28 });
  const gate = new FilterHandle(module, read('bundles/faces/manifest.json').toString(), [{ name: 'filter', bytes: read('bundles/faces/filter.onnx') }]);
  const found = pictures.map((data) => gate.judge({ data, width, height, format: 'rgb' }).score);
  gate.dispose();
  return found;
}

test('the gate-only module scores the faces filter as the full module does', async () => {
  const pictures = allPictures();
  const gate = await scores('sluice-gate.wasm', pictures);
  const full = await scores('sluice.wasm', pictures);
  gate.forEach((score, i) => assert.ok(Math.abs(score - full[i]) <= 1e-4, `picture ${i}: ${score}, the full module says ${full[i]}`));
  const golden = read('tests/core/questions/faces/scores.txt').toString().trim().split(/\s+/).map(Number);
  golden.forEach((score, i) => assert.ok(Math.abs(score - gate[i]) <= 1e-4, `picture ${i}: ${gate[i]}, exported with ${score}`));
  assert.ok(Math.max(...gate) - Math.min(...gate) > 0.1, `the scores ${gate} tell nothing apart`);
});
