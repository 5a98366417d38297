// The package as it stands in a real browser: the real server, threads on an isolated page, ONNX Runtime Web, and the policies that
// pages send.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { startServer } from '../js/support/server.mjs';
import { newPage } from '../support/browser.mjs';
import { browser, bundle, inPage, sites } from './scene.mjs';

test('a token reaches the real server as a subprotocol, and who has another, or none, is told why', async (t) => {
  const token = '~~~?~~>'; // its base64 holds what base64url writes differently, and padding
  const list = join(mkdtempSync(join(tmpdir(), 'sluice-tokens-')), 'tokens');
  writeFileSync(list, `page ${createHash('sha256').update(token).digest('hex')}\n`);
  const server = await startServer(bundle.folder, ['--allow-origin', sites.plain.url, '--token-file', list]);
  t.after(() => server.stop());
  for (const worker of [true, false]) {
    const { value } = await inPage(
      sites.plain,
      async ({ url, worker: inWorker, tokens }) => {
        const { open, canvasOf, bundle: address, SluiceError } = window.sluice;
        const told = [];
        for (const given of tokens) {
          const gate = await open(address, { server: url, worker: inWorker, budgetMs: 20_000, ...(given === null ? {} : { token: given }) });
          const outcome = await gate.infer(canvasOf(230)).then(
            (result) => [result.kind],
            (error) => [error instanceof SluiceError, error.code, error.message],
          );
          told.push(outcome);
          await gate.dispose();
        }
        return told;
      },
      { url: `ws://127.0.0.1:${server.port}/v1/stream`, worker, tokens: [token, 'beta', null] },
    );
    const [right, wrong, missing] = value;
    assert.deepEqual(right, ['remote']);
    assert.deepEqual(wrong.slice(0, 2), [true, 'unauthenticated']);
    assert.match(wrong[2], /is not, or no longer/);
    assert.deepEqual(missing.slice(0, 2), [true, 'unauthenticated']);
    assert.match(missing[2], /no token came/);
    assert.ok(!JSON.stringify([wrong, missing]).includes('beta'));
  }
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

test('questions about readings are asked in shared memory, in the file that the model runs on', async () => {
  const { value, complaints } = await inPage(sites.isolated, async () => {
    const files = new Set();
    const onProgress = ({ what }) => what.endsWith('.wasm') && files.add(what);
    const gate = await window.sluice.open('/bundles/window/', { threads: 2, onProgress });
    const kinds = [];
    for (const level of [0, 1]) kinds.push((await gate.infer({ values: new Float32Array(4).fill(level), channels: 1, steps: 4 })).kind);
    await gate.dispose();
    return { kinds, files: [...files] };
  });
  assert.deepEqual(value, { kinds: ['skipped', 'local'], files: ['sluice-threads.wasm'] });
  assert.deepEqual(complaints, []);
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

test('an import map needs its hash in the policy', async (t) => {
  const { page, complaints } = await newPage(browser);
  t.after(() => page.close());
  await page.goto(`${sites.plain.url}/hashed.html`);
  await page.waitForFunction(() => window.openGate !== undefined, undefined, { timeout: 20_000 });
  const kind = await page.evaluate(async () => {
    const gate = await window.openGate('/bundles/bright/', { threads: false });
    const { kind } = await gate.infer({ data: new Uint8Array(32 * 32 * 3), width: 32, height: 32, format: 'rgb' });
    await gate.dispose();
    return kind;
  });
  assert.equal(kind, 'skipped');
  assert.deepEqual(complaints, []);
  await page.goto(`${sites.plain.url}/without.html`); // module scripts have run, or failed, when a page has loaded
  assert.equal(await page.evaluate(() => window.openGate), undefined);
  assert.match(complaints.join('\n'), /Content Security Policy/);
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
