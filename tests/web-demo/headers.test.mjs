// The headers that the server's page says pages get are those that it sends, and a page of another origin works with those that it is told
// to send.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launchBrowser, newPage } from '../bindings/support/browser.mjs';
import { serveFolders } from '../bindings/support/static-server.mjs';
import { root, startServer } from './server.mjs';

const section = readFileSync(join(root, 'server/README.md'), 'utf8').match(/## What pages get\n[\s\S]*?\n## /)[0];
const told = [...section.matchAll(/^ {4}([\w-]+): (.+)$/gm)].map(([, name, value]) => [name.toLowerCase(), value]);
let site;
let server;

before(async () => {
  const pages = mkdtempSync(join(tmpdir(), 'sluice-page-'));
  writeFileSync(join(pages, 'index.html'), '<!doctype html><meta charset="utf-8"><title>a page of another origin</title>');
  const mounts = [
    ['/sluice/', join(root, 'bindings/js/dist')],
    ['/', pages],
  ];
  site = await serveFolders(mounts, sent);
  server = await startServer({ options: ['--allow-origin', site.url] });
});
after(async () => {
  await site?.close();
  await server?.stop();
});

/** What the table tells the page's own server to send. */
function sent() {
  const policy = section.match(/`(script-src [^`]+)`/)[1].replaceAll('wss://HERE https://HERE', `${server.url.replace('http', 'ws')} ${server.url}`);
  assert.ok(policy.includes(server.url), policy);
  return {
    'content-security-policy': `default-src 'self'; ${policy}`,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  };
}

test('pages and bundles get the headers that the README lists', async () => {
  assert.equal(told.length, 6);
  const page = await fetch(server.url);
  const script = (await page.text()).match(/src="([^"]+\.js)"/)[1];
  for (const path of ['', script, 'bundles/faces/manifest.json', 'no-such-page']) {
    const { headers } = await fetch(new URL(path, server.url));
    for (const [name, value] of told) assert.equal(headers.get(name), value, `${path}: ${name}`);
  }
  const { headers } = await fetch(new URL(script, server.url));
  assert.equal(headers.get('cache-control'), section.match(/`Cache-Control: ([^`]+)`/)[1]);
});

test('a page of another origin runs with the headers that it is told to send', async (t) => {
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const { page, complaints } = await newPage(browser);
  await page.goto(`${site.url}/`);
  const seen = await page.evaluate(async (address) => {
    const { open } = await import('/sluice/index.js');
    const ask = async (options) => {
      const gate = await open(`${address}bundles/faces/`, { budgetMs: 30_000, gate: false, ...options });
      const { kind } = await gate.infer({ data: new Uint8Array(64 * 48 * 3), width: 64, height: 48, format: 'rgb' });
      const { variant } = gate.environment;
      await gate.dispose();
      return { kind, variant };
    };
    return [await ask({ server: address }), await ask({ place: 'local', threads: 2 })];
  }, server.url);
  assert.deepEqual(seen, [
    { kind: 'remote', variant: 'client' },
    { kind: 'local', variant: 'threads' },
  ]);
  assert.deepEqual(complaints, []);
});
