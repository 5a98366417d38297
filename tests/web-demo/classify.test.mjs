// The classifier's page in real Chromium, and in short in each browser, against the real server, with a bundle in two halves whose
// answers can be told by hand: it guesses, asks with more and more channels, says what is sent, and says plainly when there is no
// bundle or no server. Screenshots: build/test-artifacts/web-demo.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { launchBrowser } from '../bindings/support/browser.mjs';
import { browsers } from '../bindings/support/browsers.mjs';
import { writeBundle } from '../bindings/js/support/bundle.mjs';
import { startServer } from '../bindings/js/support/server.mjs';
import { halvesBundle } from '../bindings/js/support/split-bundle.mjs';
import { drop, faintInPage } from './classifier.mjs';
import { openPage } from './page.mjs';
import { root } from './server.mjs';

const artifacts = join(root, 'build', 'test-artifacts', 'web-demo');
const patience = { timeout: 60_000 };
const classes = ['red', 'green', 'blue'];
let bundles;
let server;
let browser;

before(async () => {
  mkdirSync(artifacts, { recursive: true });
  bundles = writeBundle(halvesBundle({ x_classes: classes })).folder;
  server = await startServer(bundles, ['--web-root', join(root, 'web-demo', 'dist')]);
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function openClassifier(t, { bundle = 'halves', url = server.url, ...contextOptions } = {}) {
  const opened = await openPage(browser, `${url}/classify.html?bundle=${bundle}`, contextOptions);
  t.after(() => opened.context.close());
  return opened;
}

const answered = (count) => document.querySelectorAll('#steps [data-state="here"]').length === count;
const stepTexts = (page) => page.$$eval('#steps b', (lines) => lines.map(({ textContent }) => textContent));

// Words of the answers' lines that do not fit where they stand.
function cutInPage() {
  return [...document.querySelectorAll('#steps button > *')]
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
    .map(({ textContent }) => textContent);
}

describe("the classifier's page", { timeout: 300_000 }, () => {
  test('guesses at once, and answers with more and more channels', async (t) => {
    const { page, complaints } = await openClassifier(t);
    await page.waitForFunction(answered, 4, patience);
    // (180, 96, 205): guess (52, -32, 77); one channel (50, -16, 38.5), two (49, -32, 19.25), all of them (48, -32, 80).
    await drop(page, 'rgb(180, 96, 205)');
    await page.waitForFunction(
      () => document.querySelectorAll('#steps [data-state="waiting"]').length === 0 && /^blue 100/.test(document.querySelector('#steps b').textContent),
      undefined,
      patience,
    );
    await page.waitForFunction(
      () => [...document.querySelectorAll('#steps b')].map(({ textContent }) => textContent.split(' ')[0]).join() === 'blue,red,red,blue',
      undefined,
      patience,
    );
    assert.deepEqual(await page.$$eval('#bars span', (names) => names.map(({ textContent }) => textContent)), classes);
    assert.equal(await page.locator('#tiles .sent').count(), 3);
    const bytes = Number((await page.textContent('#bytes-payload')).replaceAll(',', ''));
    assert.ok(bytes > 90 && bytes < 140, `${bytes} bytes of 192 symbols in 4 bits`);
    assert.equal(await page.textContent('#bytes-what'), 'bytes of features');
    assert.match(await page.textContent('#bytes-small'), /^\d+ bytes$/);
    await page.click('#steps li:nth-child(2) button');
    assert.match(await page.textContent('#bars-title'), /after 1 of 3 channels/);
    await page.waitForSelector('#chip-server[data-state="ready"]');
    await page.screenshot({ path: join(artifacts, 'classify.png') });
    assert.deepEqual(complaints, []);
  });

  test('sends as slowly as the link that is chosen', async (t) => {
    const { page } = await openClassifier(t);
    await page.waitForFunction(answered, 4, patience);
    assert.equal(await page.textContent('#rate-value'), '270 kbit/s');
    await page.locator('#rate').fill('100');
    assert.equal(await page.textContent('#rate-value'), '6.0 Mbit/s');
    await page.locator('#rate').fill('50');
    assert.match(await page.textContent('#rate-value'), /^1\.3 Mbit/);
  });

  test('a stroke is classified too', async (t) => {
    const { page } = await openClassifier(t);
    await page.waitForFunction(answered, 4, patience);
    await page.click('#clear');
    await page.locator('#brush').fill('#ff0000');
    const box = await page.locator('#drawing').boundingBox();
    await page.mouse.move(box.x, box.y);
    await page.mouse.down();
    for (let i = 1; i <= 12; ++i) await page.mouse.move(i % 2 === 0 ? box.x : box.x + box.width, box.y + (i * box.height) / 13, { steps: 4 });
    await page.mouse.up();
    await page.waitForFunction(() => [...document.querySelectorAll('#steps b')].every(({ textContent }) => textContent.startsWith('red')), undefined, patience);
  });

  test('says so where the bundle is not served', async (t) => {
    const { page } = await openClassifier(t, { bundle: 'nothing' });
    await page.waitForSelector('#notice:not([hidden])', patience);
    assert.match(await page.textContent('#notice'), /does not offer the bundle 'nothing'/);
    await page.screenshot({ path: join(artifacts, 'classify-no-bundle.png') });
  });

  test('without a server the guess is what there is, and the page says so', async (t) => {
    const own = await startServer(bundles, ['--web-root', join(root, 'web-demo', 'dist')]);
    t.after(() => own.stop());
    const { page } = await openClassifier(t, { url: own.url });
    await page.waitForFunction(answered, 4, patience);
    await own.stop();
    await page.waitForSelector('#chip-server[data-state="bad"]', patience);
    await drop(page, 'rgb(180, 96, 205)');
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll('#steps li + li .note')].length === 3 &&
        [...document.querySelectorAll('#steps li + li .note')].every(({ textContent }) => textContent === 'the guess of this page: no server is there'),
      undefined,
      patience,
    );
    assert.deepEqual(await stepTexts(page), Array(4).fill('blue 100 %'));
    for (const when of (await page.$$eval('#steps .when', (all) => all.map(({ textContent }) => textContent))).slice(1)) assert.match(when, /^nothing sent, /);
    assert.equal(await page.textContent('#bars-title'), 'The guess of this page');
    assert.match(await page.textContent('#bytes-what'), /none of them sent: no server is there/);
    assert.equal(await page.locator('#tiles .sent').count(), 0);
    for (const width of [1200, 390]) {
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await page.evaluate(cutInPage), [], `at ${width} pixels`);
      await page.screenshot({ path: join(artifacts, `classify-no-server-${width}.png`), fullPage: true });
    }
  });

  for (const colorScheme of ['dark', 'light']) {
    test(`fits a phone and can be read, ${colorScheme}`, async (t) => {
      const { page, complaints } = await openClassifier(t, {
        viewport: { width: 360, height: 740 },
        deviceScaleFactor: 2,
        colorScheme,
        isMobile: true,
        hasTouch: true,
      });
      await page.waitForFunction(answered, 4, patience);
      assert.deepEqual(await page.evaluate(faintInPage), []);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360, 'nothing is wider than the screen');
      await page.screenshot({ path: join(artifacts, `classify-phone-${colorScheme}.png`), fullPage: true });
      assert.deepEqual(complaints, []);
    });
  }
});

for (const [name, launch] of Object.entries(browsers)) {
  test(`${name}: the sketch is classified in two halves`, { timeout: 300_000 }, async (t) => {
    const own = await launch();
    t.after(() => own.close());
    const page = await own.newPage();
    await page.goto(`${server.url}/classify.html?bundle=halves`);
    await page.waitForFunction(answered, 4, { timeout: 120_000 }).catch(async (error) => {
      throw new Error(`${error.message}\n${await page.evaluate(() => document.body.innerText)}`);
    });
    assert.ok(await page.evaluate(() => [...document.querySelectorAll('#steps b')].every(({ textContent }) => /^(red|green|blue) \d+ %$/.test(textContent))));
    assert.deepEqual(await page.complaints(), []);
  });
}
