// The module of the device half: no imports, a fixed memory, a bound on its size, and the same bytes as the native library.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { contents, table } from '../../../wasm/contents.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const file = process.env.SLUICE_LITE ?? join(process.env.SLUICE_BUILD ?? join(root, 'build'), 'wasm/wasm/lite/sluice-lite.wasm');
const bytes = readFileSync(file);
const module = new WebAssembly.Module(bytes);
const boundBytes = { raw: 12_000, brotli: 6_000 };
const memoryPages = 8;
const pageBytes = 65_536;

// A context over one unit, as a page would use the module.
class Lite {
  constructor(unit) {
    this.calls = new WebAssembly.Instance(module).exports;
    this.calls._initialize?.();
    const unitAt = (this.calls.__heap_base.value + 7) & ~7;
    this.bytes(unitAt, unit.length).set(unit);
    this.at = (unitAt + unit.length + 7) & ~7;
    this.status = this.calls.sluice_lite_open(this.at, this.calls.memory.buffer.byteLength - this.at, unitAt, unit.length);
    if (this.status !== 0) return;
    const fields = new Uint32Array(this.calls.memory.buffer, this.at, 12);
    [this.width, this.height, this.classes, this.codedChannels, this.payloadRoom] = fields;
    this.pictureAt = fields[6];
    [this.localAt, this.remoteAt, this.combinedAt, this.payloadAt] = fields.slice(8);
  }
  get payloadChannels() {
    return new Uint32Array(this.calls.memory.buffer, this.at, 6)[5];
  }
  bytes(at, length) {
    return new Uint8Array(this.calls.memory.buffer, at, length);
  }
  floats(at) {
    return new Float32Array(this.calls.memory.buffer, at, this.classes);
  }
}

// See vectors.hpp.
class Vectors {
  constructor(data) {
    this.view = new DataView(data.buffer, data.byteOffset, data.length);
    this.data = data;
    this.at = 0;
  }
  u32() {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }
  part(length) {
    const from = this.at;
    this.at += (length + 3) & ~3;
    return this.data.subarray(from, from + length);
  }
}

const readVectors = () => new Vectors(readFileSync(new URL('vectors.bin', import.meta.url)));

test('the module imports nothing and exports its interface', () => {
  assert.deepEqual(WebAssembly.Module.imports(module), []);
  const exported = WebAssembly.Module.exports(module).map(({ name }) => name);
  const listed = readFileSync(join(root, 'wasm/lite/exports.txt'), 'utf8').trim().split('\n');
  assert.deepEqual(exported.filter((name) => name.startsWith('sluice_')).sort(), listed);
  assert.ok(exported.includes('__heap_base') && exported.includes('memory'));
});

test('the module stays within its bounds', (t) => {
  const read = contents(bytes, readFileSync(`${file}.symbols`, 'utf8'));
  t.diagnostic(`sluice-lite.wasm: ${table(read)}`);
  t.diagnostic(`${read.raw} bytes, ${read.brotli} as brotli`);
  assert.ok(read.raw <= boundBytes.raw, `${read.raw} bytes; the bound is ${boundBytes.raw}`);
  assert.ok(read.brotli <= boundBytes.brotli, `${read.brotli} bytes as brotli; the bound is ${boundBytes.brotli}`);
  const { memory } = new WebAssembly.Instance(module).exports;
  assert.equal(memory.buffer.byteLength, memoryPages * pageBytes);
  assert.throws(() => memory.grow(1), RangeError);
});

test('symbols, logits and payloads are those of the native library, bit for bit', () => {
  const vectors = readVectors();
  const lite = new Lite(vectors.part(vectors.u32()));
  assert.equal(lite.status, 0);
  const pictures = vectors.u32();
  assert.ok(pictures > 1);
  for (let i = 0; i < pictures; ++i) {
    const pictureBytes = lite.width * lite.height * 3;
    lite.bytes(lite.pictureAt, pictureBytes).set(vectors.part(pictureBytes));
    assert.equal(lite.calls.sluice_lite_run(lite.at), 0);
    const logitBytes = 4 * lite.classes;
    assert.deepEqual(lite.bytes(lite.localAt, logitBytes).slice(), Uint8Array.from(vectors.part(logitBytes)));
    lite.floats(lite.remoteAt).set(Array.from({ length: lite.classes }, (_, k) => k / 4 - 1));
    assert.equal(lite.calls.sluice_lite_combine(lite.at, lite.codedChannels >> 1), 0);
    assert.deepEqual(lite.bytes(lite.combinedAt, logitBytes).slice(), Uint8Array.from(vectors.part(logitBytes)));
    for (let turn = 0; turn < 2; ++turn) {
      const written = lite.calls.sluice_lite_encode(lite.at, vectors.u32(), lite.codedChannels);
      assert.equal(written, vectors.u32());
      assert.equal(lite.payloadChannels, vectors.u32());
      assert.deepEqual(lite.bytes(lite.payloadAt, written).slice(), Uint8Array.from(vectors.part(written)));
    }
  }
  assert.equal(vectors.at, vectors.data.length);
});

test("the README's example answers as the vectors do", async () => {
  const vectors = readVectors();
  const unit = vectors.part(vectors.u32());
  const lite = new Lite(unit);
  vectors.u32();
  const rgb = vectors.part(lite.width * lite.height * 3);
  vectors.part(4 * lite.classes);
  const expected = vectors.part(4 * lite.classes);
  const [, code] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, 'wasm/lite/README.md'), 'utf8'));
  const AsyncFunction = (async () => undefined).constructor;
  const sent = [];
  const ask = async (payload) => {
    sent.push(payload.length);
    return { logits: Array.from({ length: lite.classes }, (_, k) => k / 4 - 1), channels: lite.codedChannels >> 1 };
  };
  const answer = await new AsyncFunction('bytes', 'unit', 'rgb', 'ask', `${code}\nreturn answer;`)(bytes, unit, rgb, ask);
  assert.deepEqual(new Uint8Array(answer.buffer), Uint8Array.from(expected));
  assert.ok(sent[0] > 0);
});

test('more channels than are coded are refused', () => {
  const vectors = readVectors();
  const { calls, at, codedChannels, ...lite } = new Lite(vectors.part(vectors.u32()));
  assert.equal(lite.status, 0);
  calls.sluice_lite_run(at);
  assert.ok(calls.sluice_lite_encode(at, 0xffff_ffff, codedChannels) > 0);
  assert.equal(calls.sluice_lite_encode(at, 0xffff_ffff, codedChannels + 1), 0);
  assert.equal(calls.sluice_lite_combine(at, codedChannels + 1), 65);
});

test('damaged units and too large ones get a status and no trap', () => {
  const vectors = readVectors();
  const unit = vectors.part(vectors.u32());
  assert.equal(new Lite(unit.subarray(0, 40)).status, 1);
  let refused = 0;
  for (let at = 0; at < 220; ++at) {
    const damaged = Uint8Array.from(unit);
    damaged[at] ^= 0xff;
    refused += new Lite(damaged).status !== 0 ? 1 : 0;
  }
  assert.ok(refused > 100, `${refused} were refused`);
});
