// An option that does not exist, or whose value is of another kind, is refused by name, since plain JavaScript would run without
// what was meant. Nothing is started for it.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { open, openFilter } from 'sluice';

import { brightBundle, plain, writeBundle } from './support/bundle.mjs';

const bundle = brightBundle();
const { url } = writeBundle(bundle);
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

test('an option of another call is said to be one, and where none is near all are listed', async (t) => {
  const gate = await open(url, here);
  t.after(() => gate.dispose());
  assert.throws(() => gate.stream([], { policy: 'keep-all' }), { code: 'invalid_argument', message: "stream() has no 'policy'; it is an option of open()" });
  await assert.rejects(open(url, { ...here, ordered: true }), { message: "open() has no 'ordered'; it is an option of stream()" });
  await assert.rejects(openFilter(url, { server: 'ws://127.0.0.1:1' }), { message: "openFilter() has no 'server'; it is an option of open()" });
  assert.throws(() => gate.stream([], { frobnicate: 1 }), { message: "stream() has no 'frobnicate'; it has signal, ordered, closeFrames" });
  await assert.rejects(open(url, { ...here, policy: 'oldest' }), { message: "open(): policy is 'oldest'; it must be 'newest-wins' or 'keep-all'" });
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
    await assert.rejects(call(signal), { code: 'invalid_argument', hint: /\{ signal/ });
    await assert.rejects(call(null), { code: 'invalid_argument', message: /null/ });
    await call({ signal });
  }
  assert.throws(() => gate.stream([], { order: true }), refused('order', 'ordered'));
});

test('what is no bundle is refused with a type', async () => {
  for (const bundle of [undefined, null, 7, {}]) await assert.rejects(open(bundle, here), { name: 'SluiceError', code: 'invalid_argument' });
});

const never = () => assert.fail('a worker was started');
const unlike = (name, words) => ({ name: 'SluiceError', code: 'invalid_argument', message: new RegExp(`${name.replace(/[.()[\]]/g, '\\$&')}.*${words}`) });

test('values of another kind are refused before a worker is started', async () => {
  for (const [options, name, words] of [
    [{ signal: { aborted: false } }, 'signal', 'AbortSignal'],
    [{ signal: 'x' }, 'signal', 'AbortSignal'],
    [{ onProgress: 5 }, 'onProgress', 'function'],
    [{ record: 'file.log' }, 'record', "'file.log'.*function"],
    [{ logger: 'x' }, 'logger', 'object'],
    [{ logger: { error: 5 } }, 'logger', 'functions'],
    [{ worker: 'no' }, 'worker', "'no'.*true or false"],
    [{ gate: 0 }, 'gate', 'true or false'],
    [{ threads: 'abc' }, 'threads', 'whole number'],
    [{ threads: 1e9 }, 'threads', 'from 1 to 64'],
    [{ place: null }, 'place', "null.*'local'"],
    [{ place: 'automatic' }, 'place', "'automatic'.*'auto' or 'remote-auto'"],
    [{ standIn: '' }, 'standIn', 'a name'],
    [{ standIn: ['int8'] }, 'standIn', 'a name'],
    [{ leastAgreement: '0.9' }, 'leastAgreement', 'number'],
    [{ leastAgreement: 0 }, 'leastAgreement', 'above 0'],
    [{ accuracyTarget: '0.9' }, 'accuracyTarget', "'0.9'.*number"],
    [{ jpegQuality: '0.5' }, 'jpegQuality', 'number'],
    [{ budgetMs: 5n }, 'budgetMs', 'whole number'],
    [{ engineTimeoutMs: 2 ** 31 }, 'engineTimeoutMs', 'whole number'],
    [{ server: 5 }, 'server', 'address'],
    [{ server: null }, 'server', 'address'],
    [{ assets: 5 }, 'assets', 'object'],
    [{ assets: { base: 5 } }, 'base', 'address'],
    [{ assets: { base: 'http://[' } }, 'assets.base', 'no address'],
    [{ assets: { files: null } }, 'files', 'null.*object'],
    [{ assets: { files: { 'sluice.wasm': 5 } } }, 'assets.files: sluice.wasm', 'Module'],
    [{ assets: { onnxruntimeWeb: { mjs: {} } } }, 'assets.onnxruntimeWeb: mjs', 'address'],
    [Object.create({ worker: 'no' }), 'worker', 'true or false'],
  ]) {
    if (!('createWorker' in options)) options.createWorker = never;
    await assert.rejects(open(url, options), unlike(name, words));
  }
  await assert.rejects(open(url, { createWorker: 5 }), unlike('createWorker', 'function'));
  for (const [bundle, name] of [
    [{ manifest: {} }, 'manifest'],
    [{ manifest: url, parts: 5 }, 'parts'],
    [{ manifest: url, parts: { model: 5 } }, "parts['model']"],
    ['http://[', 'bundle'],
  ]) {
    await assert.rejects(open(bundle, { createWorker: never }), unlike(name, ''));
    await assert.rejects(openFilter(bundle), unlike(name, ''));
  }
  for (const [options, name] of [
    [{ signal: {} }, 'signal'],
    [{ onProgress: 5 }, 'onProgress'],
    [{ accuracyTarget: '0.9' }, 'accuracyTarget'],
    [{ maxMemoryBytes: -1 }, 'maxMemoryBytes'],
  ]) {
    await assert.rejects(openFilter(url, options), unlike(name, ''));
  }
});

test('values of another kind are refused by the calls too', async (t) => {
  const gate = await open(url, here);
  t.after(() => gate.dispose());
  const filter = await openFilter(url);
  t.after(() => filter.dispose());
  for (const call of [(options) => gate.infer(plain(10), options), (options) => gate.stats(options), (options) => filter.judge(plain(10), options)]) {
    await assert.rejects(call({ signal: { aborted: false } }), unlike('signal', 'AbortSignal'));
  }
  for (const target of ['0.9', NaN, () => 1]) {
    await assert.rejects(gate.setAccuracyTarget(target), unlike('accuracyTarget', 'number'));
    await assert.rejects(filter.setAccuracyTarget(target), unlike('accuracyTarget', 'number'));
  }
  assert.throws(() => gate.stream([], { ordered: 'yes' }), unlike('ordered', 'true or false'));
  assert.throws(() => gate.onConnection(5), unlike('onConnection()', 'function'));
});

test("a server's address with a fragment is refused, since no WebSocket takes one", async () => {
  for (const server of ['ws://127.0.0.1:9/#x', 'ws://127.0.0.1:9/#', new URL('wss://127.0.0.1:9/v1/stream#top')]) {
    await assert.rejects(open(url, { server }), { ...unlike('server', 'no fragment'), hint: /leave out/ });
  }
});

test('what createWorker() returns has to be a worker', async () => {
  for (const [createWorker, expected] of [
    [() => undefined, unlike('createWorker()', 'undefined; it must be a Worker')],
    [async () => ({}), unlike('createWorker()', 'Promise; it must be a Worker')],
    [() => ({ postMessage: () => undefined }), unlike('createWorker()', 'a Worker')],
    [
      () => {
        throw new Error('mine');
      },
      { code: 'unsupported_environment', message: /mine/, hint: /createWorker/ },
    ],
  ]) {
    await assert.rejects(open(url, { createWorker }), expected);
  }
});

test('a worker that never answers is ended, and one that takes no message as well', async () => {
  let terminated = 0;
  const silent = { postMessage: () => undefined, terminate: () => ++terminated };
  await assert.rejects(open(url, { createWorker: () => silent, engineTimeoutMs: 50 }), {
    code: 'unsupported_environment',
    message: /50 ms/,
    hint: /sluice\/worker.*engineTimeoutMs/,
  });
  assert.equal(terminated, 1);
  const deaf = {
    postMessage: () => {
      throw new Error('not to be cloned');
    },
    terminate: () => ++terminated,
  };
  await assert.rejects(open(url, { createWorker: () => deaf }), { name: 'SluiceError', message: /not to be cloned/ });
  assert.equal(terminated, 2);
});

test('the time limit is that of the first answer: loading may take longer', async (t) => {
  const engineTimeoutMs = 400;
  const late = createServer((_, response) => setTimeout(() => response.end(JSON.stringify(bundle.manifest)), 2 * engineTimeoutMs));
  await new Promise((resolve) => late.listen(0, '127.0.0.1', resolve));
  t.after(() => late.close());
  const worker = new Worker(new URL('../../../bindings/js/dist/worker/worker.node.js', import.meta.url));
  await new Promise((resolve) => worker.once('message', resolve)); // it has said that it listens, and to nobody
  const web = {
    postMessage: (message, transfer) => worker.postMessage(message, transfer),
    terminate: () => worker.terminate(),
    set onmessage(listener) {
      worker.on('message', (data) => listener({ data }));
    },
  };
  const { 'filter.onnx': filter, 'model.onnx': model } = bundle.files;
  const manifest = `http://127.0.0.1:${late.address().port}/manifest.json`;
  const gate = await open({ manifest, parts: { filter, model } }, { threads: false, engineTimeoutMs, createWorker: () => web });
  t.after(() => gate.dispose());
  assert.equal((await gate.infer(plain(10))).kind, 'skipped');
});
