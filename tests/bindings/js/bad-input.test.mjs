// What goes wrong says so: a stable code, the address, what came, and what to change.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { errorTable, open, SluiceError } from 'sluice';

import { brightBundle, describe, plain, writeBundle } from './support/bundle.mjs';
import { brightnessGate } from './support/onnx.mjs';

const wasm = new URL('../../../bindings/js/dist/wasm/', import.meta.url);
const here = { worker: false, threads: false };
let base;
let routes;
const server = createServer((request, response) => {
  const route = routes[request.url];
  if (route === undefined) {
    response.writeHead(404, { 'content-type': 'text/html' }).end('<!doctype html><title>not found</title>');
  } else {
    response.writeHead(200, { 'content-type': route.type ?? 'application/octet-stream' }).end(route.body);
  }
});
before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

function serve({ manifest, files }, more = {}) {
  routes = { '/b/manifest.json': { body: JSON.stringify(manifest), type: 'application/json' }, ...more };
  for (const [file, body] of Object.entries(files)) routes[`/b/${file}`] ??= { body };
}

test('a missing bundle gives address, status and content type', async () => {
  routes = {};
  await assert.rejects(open(`${base}/b`, here), (error) => {
    assert.ok(error instanceof SluiceError);
    assert.deepEqual([error.code, error.category, error.url], ['fetch_failed', 'transport', `${base}/b/manifest.json`]);
    assert.match(error.message, /HTTP 404, text\/html/);
    assert.match(error.hint, /manifest\.json/);
    return true;
  });
});

test('a page in the place of a module is recognised, and the option named', async () => {
  serve(brightBundle(), { '/assets/sluice-client.wasm': { body: '<!doctype html>', type: 'text/html; charset=utf-8' } });
  for (const worker of [false, true]) {
    await assert.rejects(open(`${base}/b`, { ...here, worker, assets: { base: `${base}/assets` } }), {
      code: 'fetch_failed',
      url: `${base}/assets/sluice-client.wasm`,
      message: /a page came instead.*HTTP 200, text\/html/,
      hint: /assets\.base/,
    });
  }
  routes['/assets/sluice-client.wasm'] = { body: '<!doctype html>', type: 'application/wasm' };
  await assert.rejects(open(`${base}/b`, { ...here, assets: { base: `${base}/assets/` } }), { code: 'fetch_failed', message: /not a WebAssembly module/ });
});

test('a module of another ABI is refused with both versions', async () => {
  serve(brightBundle());
  // (module (func (export "sluice_abi_version") (result i32) i32.const 0x630001) (func (export "_initialize")))
  const section = (id, ...bytes) => [id, bytes.length, ...bytes];
  const name = (text) => [text.length, ...Buffer.from(text)];
  const version = [65, 0x81, 0x80, 0x8c, 0x03]; // i32.const, LEB128
  const old = new Uint8Array([
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    ...section(1, 2, 96, 0, 1, 127, 96, 0, 0),
    ...section(3, 2, 0, 1),
    ...section(7, 2, ...name('sluice_abi_version'), 0, 0, ...name('_initialize'), 0, 1),
    ...section(10, 2, 2 + version.length, 0, ...version, 11, 2, 0, 11),
  ]);
  await assert.rejects(open(`${base}/b`, { ...here, assets: { files: { 'sluice-client.wasm': old } } }), {
    code: 'abi_version_mismatch',
    message: /ABI version 99\.1, this package needs 3\.4/,
  });
});

test('modules can be given as bytes, as a response, or compiled', async () => {
  serve(brightBundle());
  const bytes = readFileSync(new URL('sluice-client.wasm', wasm));
  const forms = [bytes, new Response(bytes), await WebAssembly.compile(bytes), new URL('sluice-client.wasm', wasm), new Blob([bytes])];
  for (const form of forms) {
    const gate = await open(`${base}/b`, { threads: false, assets: { files: { 'sluice-client.wasm': form } } });
    assert.equal((await gate.infer(plain(10))).kind, 'skipped');
    await gate.dispose();
  }
});

test('a bundle can be given as its parts', async () => {
  const { manifest, files } = brightBundle();
  const parts = { filter: new Blob([files['filter.onnx']]).stream(), model: files['model.onnx'] };
  const gate = await open({ manifest: new Response(JSON.stringify(manifest)), parts }, { threads: false });
  assert.equal((await gate.infer(plain(240))).kind, 'local');
  await gate.dispose();
  const filter = files['filter.onnx'];
  const withoutModel = open({ manifest: new TextEncoder().encode(JSON.stringify(manifest)), parts: { filter } }, here);
  await assert.rejects(withoutModel, { code: 'bundle_part_missing', message: /'model'/ });
});

test('parts of another size or hash are refused', async () => {
  const bundle = brightBundle();
  serve(bundle, { '/b/filter.onnx': { body: bundle.files['filter.onnx'].slice(1) } });
  await assert.rejects(open(`${base}/b`, here), { code: 'bundle_part_corrupt', url: `${base}/b/filter.onnx`, message: /the manifest says \d+/ });
  const flipped = bundle.files['filter.onnx'].slice();
  flipped[flipped.length >> 1] ^= 1;
  serve(bundle, { '/b/filter.onnx': { body: flipped } });
  await assert.rejects(open(`${base}/b`, here), { code: 'bundle_part_corrupt', message: /SHA-256/ });
  serve(bundle, { '/b/filter.onnx': { body: Buffer.concat([bundle.files['filter.onnx'], Buffer.alloc(1 << 20)]) } });
  await assert.rejects(open(`${base}/b`, here), { code: 'bundle_part_corrupt' });
});

test('a wrong manifest names its field', async () => {
  for (const [change, message] of [
    [{ format: 3 }, /format/],
    [{ name: 'no spaces please' }, /name/],
    [{ parts: 'none' }, /parts/],
    [{ model: { part: 'missing', input: brightBundle().manifest.model.input, output: brightBundle().manifest.model.output } }, /missing/],
  ]) {
    serve(brightBundle(change));
    await assert.rejects(open(`${base}/b`, here), { code: 'malformed_manifest', message });
  }
  serve(brightBundle(), { '/b/manifest.json': { body: '{"format": 1,' } });
  await assert.rejects(open(`${base}/b`, here), { code: 'malformed_manifest' });
  serve(brightBundle(), { '/b/manifest.json': { body: Buffer.alloc(2 << 20, ' ') } });
  await assert.rejects(open(`${base}/b`, here), { code: 'out_of_memory', message: /manifest/ });
});

test('networks that are no networks are refused, and nothing is left behind', async () => {
  const honest = brightnessGate(16);
  for (const [filter, code] of [
    [new Uint8Array(200).fill(255), 'malformed_model'],
    [honest.slice(0, honest.length >> 1), 'malformed_model'],
    [brightnessGate(8), 'shape_mismatch'], // another input than the manifest says
  ]) {
    const bundle = brightBundle();
    bundle.files['filter.onnx'] = filter;
    bundle.manifest.parts[0] = describe('filter', filter);
    for (const worker of [false, true]) await assert.rejects(open(writeBundle(bundle).url, { ...here, worker }), { code });
  }
});

test('wrong options are refused before anything is loaded', async () => {
  for (const [options, message] of [
    [{ place: 'moon' }, /place/],
    [{ place: 'remote' }, /needs a server/],
    [{ engine: 'abacus' }, /engine/],
    [{ policy: 'some' }, /policy/],
    [{ accuracyTarget: 1.5 }, /accuracyTarget/],
    [{ jpegQuality: 0 }, /jpegQuality/],
    [{ budgetMs: -3 }, /budgetMs/],
    [{ server: 'ftp://example.org' }, /ws or wss/],
  ]) {
    await assert.rejects(open(`${base}/b`, options), { code: 'invalid_argument', message });
  }
});

test('the memory limit holds for pictures', async () => {
  serve(brightBundle());
  const gate = await open(`${base}/b`, { ...here, maxMemoryBytes: 12 << 20 });
  await assert.rejects(gate.infer(plain(10, 4000, 3000)), { code: 'out_of_memory', hint: /maxMemoryBytes/ });
  assert.equal((await gate.infer(plain(10))).kind, 'skipped');
  await gate.dispose();
});

test('a worker that cannot be made is a typed error', async () => {
  serve(brightBundle());
  const createWorker = () => {
    const worker = { postMessage: () => undefined, terminate: () => undefined };
    setTimeout(() => worker.onerror({ message: '', filename: 'https://example.org/worker.js' }), 5);
    return worker;
  };
  await assert.rejects(open(`${base}/b`, { createWorker }), { code: 'unsupported_environment', url: 'https://example.org/worker.js', hint: /worker: false/ });
});

test('every error has a name, a number, a meaning and a hint of its own', () => {
  const statuses = Object.values(errorTable).map(({ status }) => status);
  assert.equal(new Set(statuses).size, statuses.length);
  for (const code of Object.keys(errorTable)) {
    const error = SluiceError.deserialize(new SluiceError(code, 'text', { url: 'u', cause: new Error('below') }).serialize());
    assert.deepEqual([error.code, error.message, error.url, error.cause, error.hint], [code, 'text', 'u', 'below', errorTable[code].hint]);
  }
});
