// The demo page in real Chromium against the real server: it plays the sample stream, skips, sends, draws and counts; it goes
// on without a server and without a camera, and says so. Screenshots: build/test-artifacts/web-demo.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { chromium } from 'playwright-core';

import { root, startServer } from './server.mjs';

const artifacts = join(root, 'build', 'test-artifacts', 'web-demo');
const patienceMs = 90_000;

let server;
let browser;

before(async () => {
  mkdirSync(artifacts, { recursive: true });
  server = await startServer();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
  });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function openPage(contextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 940 }, ...contextOptions });
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Uncaught/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(server.url);
  return { context, page, complaints };
}

async function count(page, id) {
  return Number((await page.textContent(`#count-${id}`)).replaceAll(',', ''));
}

async function waitForCount(page, id, least) {
  await page.waitForFunction(
    ([field, wanted]) => Number(document.getElementById(`count-${field}`).textContent.replaceAll(',', '')) >= wanted,
    [id, least],
    { timeout: patienceMs },
  );
}

async function startPlaying(page) {
  await page.waitForSelector('#start:not([disabled])', { timeout: patienceMs });
  await page.click('#start');
}

describe('the demo page', { timeout: 600_000 }, () => {
  test('plays the sample stream: some frames are skipped, some get boxes from the server, all are counted', async () => {
    const { context, page, complaints } = await openPage();
    await page.waitForSelector('#start:not([disabled])', { timeout: patienceMs });
    await page.screenshot({ path: join(artifacts, 'ready.png') });
    await startPlaying(page);
    await waitForCount(page, 'ran', 10);
    await waitForCount(page, 'skipped', 10);
    await page.waitForSelector('#chip-server[data-state="ready"]');
    await page.waitForSelector('#verdict[data-kind="remote"]', { timeout: patienceMs });
    await page.screenshot({ path: join(artifacts, 'playing.png') });
    await page.click('#pause');
    const counts = await page.evaluate(() =>
      Object.fromEntries(['frames', 'skipped', 'ran', 'lost'].map((id) => [id, Number(document.getElementById(`count-${id}`).textContent.replaceAll(',', ''))])),
    );
    assert.equal(counts.skipped + counts.ran + counts.lost, counts.frames, 'every frame is counted once');
    assert.match(await page.textContent('#count-bytes'), /[1-9]/, 'bytes were saved');
    assert.equal(await page.evaluate(() => crossOriginIsolated), true, 'the server sends the isolation headers');
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('the accuracy slider changes the threshold; at its end nothing is skipped', async () => {
    const { context, page } = await openPage();
    await startPlaying(page);
    await waitForCount(page, 'frames', 5);
    await page.evaluate(() => {
      const slider = document.getElementById('target');
      slider.value = slider.max;
      slider.dispatchEvent(new Event('input'));
    });
    assert.equal(await page.textContent('#target-value'), '100 %');
    await page.waitForTimeout(500);
    const skipped = await count(page, 'skipped');
    await waitForCount(page, 'frames', (await count(page, 'frames')) + 30);
    assert.equal(await count(page, 'skipped'), skipped, 'no frame is skipped at 100 %');
    await context.close();
  });

  test('without a camera it says so and plays the sample stream', async () => {
    const { context, page, complaints } = await openPage();
    await page.waitForSelector('#start:not([disabled])', { timeout: patienceMs });
    await page.click('text=Camera');
    await startPlaying(page);
    await page.waitForSelector('#notice:not([hidden])');
    assert.match(await page.textContent('#notice'), /camera.*sample stream plays instead/i);
    await waitForCount(page, 'frames', 10);
    await page.screenshot({ path: join(artifacts, 'no-camera.png') });
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('the full model runs in the page when asked to', async () => {
    const { context, page, complaints } = await openPage();
    await page.waitForSelector('#start:not([disabled])', { timeout: patienceMs });
    await page.click('text=Model in this page');
    await page.waitForSelector('#chip-server:has-text("no server needed")', { timeout: patienceMs });
    await startPlaying(page);
    await waitForCount(page, 'ran', 3);
    await page.waitForSelector('#verdict[data-kind="local"]', { timeout: patienceMs });
    await page.screenshot({ path: join(artifacts, 'in-page.png') });
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('when the server goes it says so, goes on in the page, and comes back with the server', async () => {
    const { context, page } = await openPage();
    await startPlaying(page);
    await page.waitForSelector('#chip-server[data-state="ready"]', { timeout: patienceMs });
    await waitForCount(page, 'ran', 3);
    const { port } = server;
    await server.stop();
    try {
      await page.waitForSelector('#notice:has-text("runs in this page")', { timeout: patienceMs });
      await page.waitForSelector('#verdict[data-kind="local"]', { timeout: patienceMs });
      await page.screenshot({ path: join(artifacts, 'no-server.png') });
    } finally {
      server = await startServer({ port });
    }
    await page.waitForSelector('#chip-server[data-state="ready"]', { timeout: patienceMs });
    await page.waitForSelector('#verdict[data-kind="remote"]', { timeout: patienceMs });
    await context.close();
  });

  test('a page that is not isolated has one thread and says why', async () => {
    const { context, page } = await openPage();
    await context.route(server.url, async (route) => {
      const response = await route.fetch();
      const headers = response.headers();
      delete headers['cross-origin-opener-policy'];
      delete headers['cross-origin-embedder-policy'];
      await route.fulfill({ response, headers });
    });
    await page.reload();
    await page.waitForSelector('#start:not([disabled])', { timeout: patienceMs });
    assert.equal(await page.evaluate(() => crossOriginIsolated), false);
    assert.match(await page.textContent('#environment'), /isolat/i);
    await startPlaying(page);
    await waitForCount(page, 'frames', 10);
    await context.close();
  });
});
