// The package in each browser: a dark picture is skipped in the page, a bright one answered by the real server, and by the full
// model in the page, in a worker and on the main thread.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { brightBundle, writeBundle } from '../js/support/bundle.mjs';
import { startServer } from '../js/support/server.mjs';
import { browsers } from '../support/browsers.mjs';
import { serveFolders } from '../support/static-server.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' ws://127.0.0.1:*";
let site;
let server;

before(async () => {
  const bundle = writeBundle(brightBundle());
  const pages = mkdtempSync(join(tmpdir(), 'sluice-pages-'));
  writeFileSync(join(pages, 'index.html'), '<!doctype html><meta charset="utf-8"><title>test</title><script type="module" src="/page.js"></script>');
  writeFileSync(join(pages, 'page.js'), "import { open } from '/sluice/index.js';\nwindow.openGate = open;\n");
  site = await serveFolders(
    [
      ['/sluice/', join(root, 'bindings/js/dist')],
      ['/bundles/', bundle.folder],
      ['/', pages],
    ],
    () => ({ 'content-security-policy': policy }),
  );
  server = await startServer(bundle.folder, ['--allow-origin', site.url]);
});
after(async () => {
  await server?.stop();
  await site?.close();
});

// Runs in the page.
async function askAbout({ levels, options }) {
  const gate = await window.openGate('/bundles/bright/', { budgetMs: 60_000, ...options });
  const answers = [];
  for (const level of levels) {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
    const context = canvas.getContext('2d');
    context.fillStyle = `rgb(${level} ${level} ${level})`;
    context.fillRect(0, 0, 320, 240);
    const { kind, outputs } = await gate.infer(canvas);
    answers.push({ kind, mean: outputs?.length ? [...outputs[0].data] : [] });
  }
  await gate.dispose();
  return answers;
}

for (const [name, launch] of Object.entries(browsers)) {
  test(`${name}: skipped in the page, answered by the server and in the page`, { timeout: 240_000 }, async (t) => {
    const browser = await launch();
    t.after(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${site.url}/`);
    await page.waitForFunction(() => window.openGate !== undefined, undefined, { timeout: 60_000 });
    const ways = [
      ['remote', { server: `ws://127.0.0.1:${server.port}/v1/stream`, worker: true }],
      ['remote', { server: `ws://127.0.0.1:${server.port}/v1/stream`, worker: false }],
      ['local', { worker: true }],
    ];
    for (const [kind, options] of ways) {
      const [dark, bright] = await page.evaluate(askAbout, { levels: [10, 230], options });
      assert.equal(dark.kind, 'skipped', JSON.stringify(options));
      assert.equal(bright.kind, kind, JSON.stringify(options));
      assert.equal(bright.mean.length, 3);
      for (const channel of bright.mean) assert.ok(Math.abs(channel - 230 / 255) < 0.02, `${kind}: ${bright.mean}`);
    }
    assert.deepEqual(await page.complaints(), []);
  });
}
