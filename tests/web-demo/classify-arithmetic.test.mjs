// What the classifier's page works out, without a browser.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { createServer } from 'vite';

import { root } from './server.mjs';

const vite = await createServer({ root: `${root}/web-demo`, configFile: false, logLevel: 'error', server: { middlewareMode: true, ws: false } });
const page = await vite.ssrLoadModule('/src/classify/arithmetic.ts');
after(() => vite.close());

test('logits become shares of one, however large they are', () => {
  assert.deepEqual(page.probabilities([0, 0]), [0.5, 0.5]);
  assert.deepEqual(page.probabilities([1000, -1000]), [1, 0]);
  const shares = page.probabilities(Float32Array.of(1, 3, 2));
  assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 1) < 1e-12);
  assert.equal(page.best(shares), 1);
});

test('steps are the guess, a quarter, half and all', () => {
  assert.deepEqual(page.stepsOf(24), [0, 6, 12, 24]);
  assert.deepEqual(page.stepsOf(3), [0, 1, 2, 3]);
  assert.deepEqual(page.stepsOf(1), [0, 1]);
});

test('the slider goes from 270 kbit/s to 6 Mbit/s, and bytes take their time', () => {
  assert.deepEqual([0, 1].map(page.rateAt).map(Math.round), [270_000, 6_000_000]);
  assert.deepEqual([0, 0.5, 1].map(page.rateAt).map(page.rateText), ['270 kbit/s', '1.3 Mbit/s', '6.0 Mbit/s']);
  assert.equal(page.sendingMs(270, 270_000), 8);
});

test("classes have the bundle's names, or numbers", () => {
  assert.deepEqual(page.classNames('{"x_classes":["cat",3]}', 3), ['cat', 'class 1', 'class 2']);
  assert.deepEqual(page.classNames('{"name":"cifar10-split","x_classes":["plane","car"]}', 3), ['plane', 'car', 'class 2']);
  for (const manifest of ['{}', '{"name":"cifar10-split"}', '{"x_classes":"cat"}', 'null']) assert.deepEqual(page.classNames(manifest, 1), ['class 0']);
});

test('the commonest symbol is grey, the furthest black or white', () => {
  assert.deepEqual(page.brightnessOf([Uint8Array.of(2, 2, 2, 0), Uint8Array.of(2, 3, 2, 2)], 5), [0, 37, 128, 218, 255]);
  assert.deepEqual(page.brightnessOf([Uint8Array.of(1, 1)], 2), [0, 128]);
});
