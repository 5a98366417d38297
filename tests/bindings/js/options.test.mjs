// An option that does not exist is refused by name, since plain JavaScript would run without what was meant.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { open, openFilter } from 'sluice';

import { brightBundle, plain, writeBundle } from './support/bundle.mjs';

const { url } = writeBundle(brightBundle());
const here = { worker: false, threads: false };
const refused = (strange, nearest) => ({
  name: 'SluiceError',
  code: 'invalid_argument',
  message: new RegExp(`'${strange}'; the nearest that it has is '${nearest}'`),
});

test('misspelt options of open() and openFilter() are refused, in the objects within as well', async () => {
  for (const [options, strange, nearest] of [
    [{ sever: 'ws://127.0.0.1:1' }, 'sever', 'server'],
    [{ accuracytarget: 0.9 }, 'accuracytarget', 'accuracyTarget'],
    [{ budget: 100 }, 'budget', 'budgetMs'],
    [{ assets: { bases: '/' } }, 'bases', 'base'],
    [{ assets: { files: { 'sluice-clients.wasm': '/' } } }, 'sluice-clients.wasm', 'sluice-client.wasm'],
    [{ assets: { onnxruntimeWeb: { modul: '/' } } }, 'modul', 'module'],
  ]) {
    await assert.rejects(open(url, { ...here, ...options }), refused(strange, nearest));
  }
  await assert.rejects(openFilter(url, { target: 0.9 }), refused('target', 'accuracyTarget'));
  await assert.rejects(openFilter(url, { acuracyTarget: 0.9 }), refused('acuracyTarget', 'accuracyTarget'));
  await assert.rejects(open({ manifests: '{}' }, here), refused('manifests', 'manifest'));
});

test('so are those of the calls', async (t) => {
  const gate = await open(url, here);
  t.after(() => gate.dispose());
  const filter = await openFilter(url);
  t.after(() => filter.dispose());
  const { signal } = new AbortController();
  for (const call of [
    (options) => gate.infer(plain(10), options),
    (options) => gate.setAccuracyTarget(0.9, options),
    (options) => gate.stats(options),
    (options) => gate.memory(options),
    (options) => filter.judge(plain(10), options),
    (options) => filter.setAccuracyTarget(0.9, options),
  ]) {
    await assert.rejects(call({ signals: signal }), refused('signals', 'signal'));
    await assert.rejects(call(signal), { code: 'invalid_argument', hint: /\{ signal \}/ });
    await assert.rejects(call(null), { code: 'invalid_argument', message: /null/ });
    await call({ signal });
  }
  assert.throws(() => gate.stream([], { order: true }), refused('order', 'ordered'));
});

test('what is no bundle is refused with a type', async () => {
  for (const bundle of [undefined, null, 7, {}]) await assert.rejects(open(bundle, here), { name: 'SluiceError', code: 'invalid_argument' });
});
