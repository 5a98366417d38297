// The package as it stands in a real browser: every kind of frame, JPEG to the real server, threads on an isolated page, ONNX
// Runtime Web, and the policies that pages send.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { brightBundle, writeBundle } from '../js/support/bundle.mjs';
import { startServer } from '../js/support/server.mjs';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { serveFolders } from '../support/static-server.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const strict = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' ws://127.0.0.1:*";
const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
let browser;
let bundle;
let sites;

// Runs in the page: `use` receives the package and what pictures are made of.
const pageScript = `
import { open, SluiceError } from '/sluice/index.js';
const canvasOf = (level, width = 320, height = 240, Canvas) => {
  const canvas = Canvas === undefined ? new OffscreenCanvas(width, height) : Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  context.fillStyle = \`rgb(\${level} \${level} \${level})\`;
  context.fillRect(0, 0, width, height);
  return canvas;
};
window.sluice = { open, SluiceError, canvasOf, bundle: '/bundles/bright/' };
`;

before(async () => {
  bundle = writeBundle(brightBundle());
  const pages = mkdtempSync(join(tmpdir(), 'sluice-pages-'));
  writeFileSync(join(pages, 'index.html'), '<!doctype html><meta charset="utf-8"><title>test</title><script type="module" src="/page.js"></script>');
  writeFileSync(join(pages, 'page.js'), pageScript);
  const mounts = [
    ['/sluice/', join(root, 'bindings/js/dist')],
    ['/ort/', join(root, 'node_modules/onnxruntime-web/dist')],
    ['/bundles/', bundle.folder],
    ['/', pages],
  ];
  sites = {
    plain: await serveFolders(mounts, () => ({ 'content-security-policy': strict })),
    isolated: await serveFolders(mounts, () => ({ 'content-security-policy': strict, ...isolated })),
    noWasm: await serveFolders(mounts, () => ({ 'content-security-policy': "default-src 'self'" })),
  };
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  for (const site of Object.values(sites ?? {})) await site.close();
});

/** Runs `use` in a fresh page of a site and answers what it returns. */
async function inPage(site, use, argument) {
  const { page, complaints } = await newPage(browser);
  try {
    await page.goto(`${site.url}/`);
    await page.waitForFunction(() => window.sluice !== undefined, undefined, { timeout: 20_000 });
    const value = await page.evaluate(use, argument);
    return { value, complaints };
  } finally {
    await page.close();
  }
}

test('every kind of frame is taken, and belongs to whom the documentation says', async () => {
  const { value, complaints } = await inPage(sites.plain, async () => {
    const { open, canvasOf, bundle } = window.sluice;
    const gate = await open(bundle, { threads: false, policy: 'keep-all' });
    const bitmap = await createImageBitmap(canvasOf(230));
    const video = new VideoFrame(canvasOf(230), { timestamp: 77 });
    const data = canvasOf(230).getContext('2d').getImageData(0, 0, 320, 240);
    const kinds = {};
    for (const [name, frame] of Object.entries({ bitmap, video, data, offscreen: canvasOf(230), canvas: canvasOf(230, 320, 240, 'html') })) {
      const { kind, timestamp, width, height } = await gate.infer(frame);
      kinds[name] = [kind, timestamp, width, height];
    }
    const stillOpen = [bitmap.width, video.format !== null];
    const items = [];
    for await (const item of gate.stream([bitmap, video], { ordered: true })) items.push(item.kind);
    const closed = [bitmap.width, video.format !== null];
    const kept = await createImageBitmap(canvasOf(10));
    for await (const item of gate.stream([kept], { closeFrames: false })) items.push(item.kind);
    const keptOpen = kept.width;
    const { pendingPictureBytes } = await gate.memory();
    await gate.dispose();
    return { kinds, stillOpen, items, closed, keptOpen, pendingPictureBytes };
  });
  const local = ['local', undefined, 320, 240].map((one) => one ?? null);
  const same = Object.fromEntries(['bitmap', 'data', 'offscreen', 'canvas'].map((name) => [name, local]));
  const got = JSON.parse(JSON.stringify(value));
  assert.deepEqual(got.kinds, { ...same, video: ['local', 77, 320, 240] });
  assert.deepEqual(got.stillOpen, [320, true]);
  assert.deepEqual(got.items, ['local', 'local', 'skipped']);
  assert.deepEqual(got.closed, [0, false]);
  assert.equal(got.keptOpen, 320);
  assert.equal(got.pendingPictureBytes, 0);
  assert.deepEqual(complaints, []);
});

test('no frame stays open, whenever a stream or a call is ended', async () => {
  const { value } = await inPage(sites.plain, async () => {
    const { open, canvasOf, bundle } = window.sluice;
    const gate = await open(bundle, { threads: false, policy: 'keep-all' });
    // Ends a stream after so many turns of the microtask queue from the moment that it takes a frame.
    const frames = [];
    for (let turns = 0; turns < 12; ++turns) {
      const controller = new AbortController();
      const source = {
        [Symbol.iterator]: () => source,
        next: () => {
          const value = new VideoFrame(canvasOf(10), { timestamp: turns });
          frames.push(value);
          let turn = Promise.resolve();
          for (let i = 0; i < turns; ++i) turn = turn.then(() => undefined);
          void turn.then(() => controller.abort());
          return { done: false, value };
        },
        return: () => ({ done: true, value: undefined }),
      };
      try {
        for await (const item of gate.stream(source, { signal: controller.signal })) void item;
      } catch (error) {
        if (error.code !== 'cancelled') throw error;
      }
    }
    await new Promise((done) => setTimeout(done)); // what was pulled last is closed a few turns after the end
    // A canvas becomes a bitmap of ours, which nobody else could close.
    const bitmaps = [];
    const make = window.createImageBitmap;
    window.createImageBitmap = async (...given) => {
      const bitmap = await make(...given);
      bitmaps.push(bitmap);
      return bitmap;
    };
    const waiting = gate.infer(canvasOf(10)).then(() => 'answered', ({ code }) => code);
    await gate.dispose();
    const outcome = await waiting;
    window.createImageBitmap = make;
    return { open: frames.map((frame) => frame.format !== null), outcome, widths: bitmaps.map(({ width }) => width) };
  });
  assert.ok(value.open.length >= 12);
  assert.ok(!value.open.includes(true), `frames left open: ${value.open}`);
  assert.equal(value.outcome, 'disposed');
  assert.deepEqual(value.widths, [0]);
});

test('pictures that matter go to the real server as JPEG', async (t) => {
  const server = await startServer(bundle.folder, ['--allow-origin', sites.plain.url]);
  t.after(() => server.stop());
  for (const worker of [true, false]) {
    const { value } = await inPage(
      sites.plain,
      async ({ url, worker: inWorker }) => {
        const { open, canvasOf, bundle: address } = window.sluice;
        const gate = await open(address, { server: url, worker: inWorker, budgetMs: 20_000 });
        const result = await gate.infer(canvasOf(230));
        const { environment } = gate;
        await gate.dispose();
        return {
          kind: result.kind,
          mean: [...result.outputs[0].data],
          bytesUp: result.cost.bytesUp,
          encodeMs: result.cost.encodeMs,
          variant: environment.variant,
        };
      },
      { url: `ws://127.0.0.1:${server.port}/v1/stream`, worker },
    );
    assert.equal(value.kind, 'remote');
    assert.equal(value.variant, 'client');
    for (const channel of value.mean) assert.ok(Math.abs(channel - 230 / 255) < 0.02);
    assert.ok(value.bytesUp < (320 * 240 * 3) / 10, `${value.bytesUp} bytes went up`);
  }
});

test('an isolated page runs the model on threads, others say why not', async () => {
  const run = async (options) => {
    const { open, canvasOf, bundle: address } = window.sluice;
    const gate = await open(address, options);
    const result = await gate.infer(canvasOf(200));
    const { environment } = gate;
    await gate.dispose();
    return { mean: [...result.outputs[0].data], environment, isolated: crossOriginIsolated };
  };
  const threads = await inPage(sites.isolated, run, { threads: 2 });
  assert.equal(threads.value.isolated, true);
  assert.deepEqual([threads.value.environment.variant, threads.value.environment.threads], ['threads', 2], threads.value.environment.reason);
  const single = await inPage(sites.plain, run, { threads: 2 });
  assert.deepEqual([single.value.environment.variant, single.value.environment.threads], ['relaxed', 1]);
  assert.match(single.value.environment.reason, /not cross-origin isolated/);
  const main = await inPage(sites.isolated, run, { threads: 'auto', worker: false });
  assert.match(main.value.environment.reason, /main thread/);
  for (const { value, complaints } of [threads, single, main]) {
    for (const channel of value.mean) assert.ok(Math.abs(channel - 200 / 255) < 1e-3);
    assert.deepEqual(complaints, []);
  }
});

test('ONNX Runtime Web runs the model in our worker, threads included', async () => {
  const run = async (threads) => {
    const { open, canvasOf, bundle: address } = window.sluice;
    const onnxruntimeWeb = { module: '/ort/ort.wasm.min.mjs', mjs: '/ort/ort-wasm-simd-threaded.mjs', wasm: '/ort/ort-wasm-simd-threaded.wasm' };
    const gate = await open(address, { engine: 'onnxruntime-web', threads, budgetMs: 30_000, assets: { onnxruntimeWeb } });
    const result = await gate.infer(canvasOf(200));
    const { environment } = gate;
    await gate.dispose();
    return { kind: result.kind, mean: [...result.outputs[0].data], environment };
  };
  for (const [site, threads] of [
    [sites.plain, false],
    [sites.isolated, 2],
  ]) {
    const { value } = await inPage(site, run, threads);
    assert.equal(value.kind, 'local');
    assert.deepEqual([value.environment.engine, value.environment.threads], ['onnxruntime-web', threads === false ? 1 : threads]);
    for (const channel of value.mean) assert.ok(Math.abs(channel - 200 / 255) < 1e-3);
  }
});

test('ONNX Runtime Web that is not there is a typed error with what to set', async () => {
  const { value } = await inPage(sites.plain, async () => {
    const { open, bundle: address } = window.sluice;
    const codeOf = async (assets) =>
      open(address, { engine: 'onnxruntime-web', assets }).then(
        () => 'opened',
        ({ code, hint }) => [code, hint],
      );
    return [await codeOf({}), await codeOf({ onnxruntimeWeb: { module: '/nowhere/ort.mjs', mjs: '/nowhere/a.mjs', wasm: '/nowhere/a.wasm' } })];
  });
  for (const [code, hint] of value) {
    assert.equal(code, 'engine_unavailable');
    assert.match(hint, /assets\.onnxruntimeWeb/);
  }
});

test("a policy without 'wasm-unsafe-eval' is named, not 'unsafe-eval'", async () => {
  const { value } = await inPage(sites.noWasm, async () => {
    const { open, bundle: address } = window.sluice;
    return open(address, { worker: false, threads: false }).then(
      () => 'opened',
      ({ code, hint }) => ({ code, hint }),
    );
  });
  assert.equal(value.code, 'unsupported_environment');
  assert.match(value.hint, /'wasm-unsafe-eval'/);
});
