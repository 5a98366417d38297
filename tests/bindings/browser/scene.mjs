// Pages with the package, under the policies that pages send, and the browser that opens them: for the tests of this folder that want
// Chromium alone. Importing it sets them up before the tests of the importing file, and takes them down after.
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

import { brightBundle, gatedSignalBundle, writeBundle } from '../js/support/bundle.mjs';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { serveFolders } from '../support/static-server.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const strict = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' ws://127.0.0.1:*";
const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
export let browser;
export let bundle;
export let sites;

// Runs in the page: `use` receives the package and what pictures are made of.
const pageScript = `
import { open, openFilter, SluiceError } from '/sluice/index.js';
import { PictureReader } from '/sluice/engine/picture.js';
import { toRgba } from '/sluice/engine/pixels.js';
const canvasOf = (level, width = 320, height = 240, Canvas) => {
  const canvas = Canvas === undefined ? new OffscreenCanvas(width, height) : Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  context.fillStyle = \`rgb(\${level} \${level} \${level})\`;
  context.fillRect(0, 0, width, height);
  return canvas;
};
window.sluice = { open, openFilter, SluiceError, PictureReader, toRgba, canvasOf, bundle: '/bundles/bright/' };
`;

before(async () => {
  bundle = writeBundle(brightBundle());
  writeBundle(gatedSignalBundle(4), bundle.folder);
  const pages = mkdtempSync(join(tmpdir(), 'sluice-pages-'));
  writeFileSync(join(pages, 'index.html'), '<!doctype html><meta charset="utf-8"><title>test</title><script type="module" src="/page.js"></script>');
  writeFileSync(join(pages, 'page.js'), pageScript);
  const map = '{"imports":{"sluice":"/sluice/index.js"}}';
  const mapped = `<!doctype html><meta charset="utf-8"><title>test</title><script type="importmap">${map}</script><script type="module" src="/by-name.js"></script>`;
  for (const name of ['hashed.html', 'without.html']) writeFileSync(join(pages, name), mapped);
  writeFileSync(join(pages, 'by-name.js'), "import { open } from 'sluice';\nwindow.openGate = open;\n");
  const withHash = strict.replace("script-src 'self'", `script-src 'self' 'sha256-${createHash('sha256').update(map).digest('base64')}'`);
  const mounts = [
    ['/sluice/', join(root, 'bindings/js/dist')],
    ['/ort/', join(root, 'node_modules/onnxruntime-web/dist')],
    ['/bundles/', bundle.folder],
    ['/', pages],
  ];
  sites = {
    plain: await serveFolders(mounts, (path) => ({ 'content-security-policy': path === '/hashed.html' ? withHash : strict })),
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
export async function inPage(site, use, argument) {
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
