// The classifier's page with early exits in real Chromium, and in short in each browser: how far each picture goes, what that saves, without a
// server once it is loaded, and the choice between the two ways. Screenshots: build/test-artifacts/web-demo.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { launchBrowser } from '../bindings/support/browser.mjs';
import { browsers } from '../bindings/support/browsers.mjs';
import { writeBundle } from '../bindings/js/support/bundle.mjs';
import {
  convolution,
  cutBundle,
  easy,
  exitsBundle,
  hard,
  harder,
  head,
  sureHere,
  sureNowhere,
  sureThere,
  whole,
} from '../bindings/js/support/exits-bundle.mjs';
import { startServer } from '../bindings/js/support/server.mjs';
import { halvesBundle } from '../bindings/js/support/split-bundle.mjs';
import { drop, faintInPage } from './classifier.mjs';
import { openPage } from './page.mjs';
import { root } from './server.mjs';

const artifacts = join(root, 'build', 'test-artifacts', 'web-demo');
const patience = { timeout: 60_000 };
const classes = ['red', 'green', 'blue'];
const css = (colour) => `rgb(${colour.join()})`;
const percent = (share) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
let bundles;
let server;
let browser;

before(async () => {
  mkdirSync(artifacts, { recursive: true });
  bundles = writeBundle(exitsBundle({ x_classes: classes })).folder;
  writeBundle(cutBundle({ x_classes: classes }), bundles);
  writeBundle(halvesBundle({ name: 'cifar10-split', x_classes: classes }), bundles); // one of those that the page knows by itself
  server = await startServer(bundles, ['--web-root', join(root, 'web-demo', 'dist')]);
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function openClassifier(t, { bundle = 'exits', url = server.url, ...contextOptions } = {}) {
  const opened = await openPage(browser, `${url}/classify.html?bundle=${bundle}`, contextOptions);
  t.after(() => opened.context.close());
  return opened;
}

const words = (page, id) => page.textContent(`#${id}`);
const marks = (page) => page.$$eval('#depth-bar span', (all) => all.map(({ dataset }) => dataset.state));
const pictures = (page) => page.evaluate(() => Number(document.getElementById('saved-of').textContent.replace('one', '1').split(' ')[0]));

/** Drops a picture of this colour and waits for its answer, `label`. */
async function classify(page, colour, label) {
  const before = await pictures(page);
  await drop(page, css(colour));
  await page.waitForFunction(
    ([count, wanted]) => {
      const [counted] = document.getElementById('saved-of').textContent.replace('one', '1').split(' ');
      return Number(counted) > count && document.getElementById('exit-class').textContent === wanted;
    },
    [before, label],
    patience,
  );
}

const firstAnswer = (page) => page.waitForFunction(() => document.getElementById('saved').textContent !== '–', undefined, patience);

describe("the classifier's page with early exits", { timeout: 300_000 }, () => {
  test('shows how far into the model each picture went, and what that saved', async (t) => {
    const { page, complaints } = await openClassifier(t);
    await firstAnswer(page);
    await classify(page, easy, 'red');
    assert.equal(await words(page, 'depth-share'), percent((convolution + head) / whole));
    assert.match(await words(page, 'depth-words'), /left at exit 1 of 2/);
    assert.deepEqual(await marks(page), ['sure', 'ahead', 'ahead']);
    assert.match(await words(page, 'depth-why'), /^exit 1 of 2 sure: 0\.96/);
    const length = await page.evaluate(() => parseFloat(document.getElementById('depth-bar').style.getPropertyValue('--share')));
    assert.ok(Math.abs(length - (100 * (convolution + head)) / whole) < 0.01, `${length} % of the bar`);

    await classify(page, harder, 'green');
    assert.match(await words(page, 'depth-words'), /left at exit 2 of 2/);
    assert.deepEqual(await marks(page), ['unsure', 'sure', 'ahead']);
    await classify(page, hard, 'blue');
    assert.match(await words(page, 'depth-words'), /of the model ran, exits included: none was sure/);
    assert.deepEqual(await marks(page), ['unsure', 'unsure', 'sure']);
    assert.deepEqual(await page.$$eval('#exit-bars span', (names) => names.map(({ textContent }) => textContent)), classes);
    assert.deepEqual(complaints, []);
  });

  test('adds up from the chosen target on', async (t) => {
    const { page } = await openClassifier(t);
    await firstAnswer(page);
    assert.equal(await words(page, 'exit-target-value'), '≥ 80\u00a0%');
    assert.match(await words(page, 'exit-target-note'), /2 of 2 exits are open/);
    await classify(page, easy, 'red');
    await page.locator('#exit-target').fill('1');
    assert.equal(await words(page, 'exit-target-value'), '≥ 90\u00a0%');
    await page.waitForFunction(() => document.getElementById('saved-of').textContent === 'one picture', undefined, patience);
    assert.deepEqual(await marks(page), ['closed', 'sure', 'ahead']);
    assert.equal(await words(page, 'saved'), percent(1 - (2 * convolution + head) / whole));
    assert.deepEqual(await page.$$eval('#exit-counts output', (all) => all.map(({ textContent }) => textContent)), ['0 %', '100 %', '0 %']);
    await page.locator('#exit-target').fill('2');
    assert.equal(await words(page, 'exit-target-value'), '100 %');
    await page.waitForFunction(() => document.getElementById('depth-words').textContent.endsWith('all exits are closed'), undefined, patience);
    assert.equal(await words(page, 'depth-share'), '100 %');
    assert.deepEqual(await marks(page), ['closed', 'closed', 'sure']);
    assert.equal(await words(page, 'saved'), '0 %');
  });

  test('goes on without a server', async (t) => {
    const own = await startServer(bundles, ['--web-root', join(root, 'web-demo', 'dist')]);
    t.after(() => own.stop());
    const { page, context, complaints } = await openClassifier(t, { url: own.url });
    await firstAnswer(page);
    await own.stop();
    await context.setOffline(true);
    await classify(page, easy, 'red');
    await classify(page, hard, 'blue');
    assert.equal(await words(page, 'chip-server'), 'no server needed');
    assert.ok(await page.isHidden('#where'));
    assert.deepEqual(complaints, []);
  });

  test('with a cut a server goes on: says where each picture was answered and what was sent, and does without it', async (t) => {
    const own = await startServer(bundles, ['--web-root', join(root, 'web-demo', 'dist')]);
    t.after(() => own.stop());
    const { page } = await openClassifier(t, { bundle: 'cut', url: own.url });
    await firstAnswer(page);
    await page.waitForSelector('#chip-server[data-state="ready"]');
    await classify(page, sureHere, 'red');
    assert.equal(await words(page, 'where'), 'Answered by exit 1 of 2 in this page; nothing sent.');
    await classify(page, sureThere, 'red');
    assert.match(await words(page, 'where'), /^Answered by exit 2 of 2 on the server; \d+ bytes sent\.$/);
    assert.match(await words(page, 'depth-words'), /of the model ran here: exit 2 of 2 answered on the server/);
    assert.equal(await words(page, 'depth-share'), percent((convolution + head) / whole));
    assert.deepEqual(await marks(page), ['unsure', 'sure', 'ahead']);
    await classify(page, sureNowhere, 'red');
    assert.match(await words(page, 'where'), /^Answered by the model's end on the server; \d+ bytes sent\.$/);
    assert.match(
      await words(page, 'where-sum'),
      /\d+ % by an exit in this page, \d+ % by one on the server, \d+ % by the model's end; \d+ bytes sent a picture/,
    );
    assert.ok(await page.isVisible('.claim [data-with="cut"]'));
    await page.screenshot({ path: join(artifacts, 'cut.png'), fullPage: true });
    await own.stop();
    await page.waitForSelector('#chip-server[data-state="bad"]', patience);
    await classify(page, sureThere, 'red');
    assert.equal(await words(page, 'where'), 'Answered by exit 2 of 2 in this page; nothing sent.');
  });

  test('frames of a video leave their columns, and pointing at one says why', async (t) => {
    const { page, complaints } = await openClassifier(t);
    await firstAnswer(page);
    await page.click('#sample');
    await page.waitForFunction(() => parseInt(document.getElementById('saved-of').textContent, 10) > 20, undefined, patience);
    assert.equal(await words(page, 'sample'), 'Stop the video');
    await page.click('#sample');
    assert.equal(await words(page, 'sample'), 'Sample video');
    const before = await pictures(page);
    await page.setInputFiles('#choose', join(root, 'web-demo', 'dist', 'footage', 'stream.mp4'));
    await page.waitForFunction((count) => parseInt(document.getElementById('saved-of').textContent, 10) > count, before + 10, patience);
    await page.click('#sketch');
    await page.waitForTimeout(200); // what was under way
    const drawn = await page.evaluate(() => {
      const canvas = document.getElementById('depths');
      const { data } = canvas.getContext('2d').getImageData(canvas.width - 60, canvas.height - 4, 60, 1);
      return new Set(Array.from({ length: 60 }, (_, i) => data[4 * i + 3])).size;
    });
    assert.ok(drawn > 1, 'columns and the gaps between them');
    const { width, height } = await page.locator('#depths').boundingBox();
    await page.locator('#depths').hover({ position: { x: width - 4, y: height / 2 } });
    await page.waitForSelector('#depth-tip:not([hidden])');
    assert.match(await words(page, 'depth-tip'), /^(red|green|blue), [\d.]+ % of the model: /);
    assert.deepEqual(complaints, []);
  });

  test('one may choose between the two ways, and the picture stays', async (t) => {
    const { page, complaints } = await openClassifier(t);
    await firstAnswer(page);
    await classify(page, easy, 'red');
    assert.deepEqual(await page.$$eval('#ways span', (all) => all.map(({ textContent }) => textContent)), ['exits', 'Two halves']);
    assert.ok(await page.isHidden('#steps'));
    await page.click('#ways label:nth-child(2)');
    await page.waitForFunction(
      () => document.querySelectorAll('#steps [data-state="here"]').length === 4 && document.querySelector('#steps b').textContent.startsWith('red'),
      undefined,
      patience,
    );
    assert.ok(await page.isHidden('#depth-bar'));
    assert.match(page.url(), /\?bundle=cifar10-split$/);
    await page.waitForSelector('#chip-server[data-state="ready"]');
    await page.click('#ways label:nth-child(1)');
    await page.waitForFunction(() => document.getElementById('saved-of').textContent === 'one picture', undefined, patience);
    assert.equal(await words(page, 'exit-class'), 'red');
    assert.equal(await words(page, 'chip-server'), 'no server needed');
    assert.deepEqual(complaints, []);
  });

  test('says so where the bundle cannot be used', async (t) => {
    writeBundle(exitsBundle({ name: 'misfit' }, { places: [{ tensor: 'nowhere', exit: 'exit_0' }], points: [{ target: 0.8, thresholds: [0.9] }] }), bundles);
    const own = await startServer(bundles, ['--web-root', join(root, 'web-demo', 'dist')]);
    t.after(() => own.stop());
    const { page } = await openClassifier(t, { bundle: 'misfit', url: own.url });
    await page.waitForSelector('#notice:not([hidden])', patience);
    assert.match(await words(page, 'notice'), /The bundle 'misfit' cannot be used: .*nowhere/);
    assert.ok(await page.isHidden('#depth-bar'));
  });

  for (const colorScheme of ['dark', 'light']) {
    test(`fits a phone and can be read, ${colorScheme}`, async (t) => {
      const options = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, colorScheme, isMobile: true, hasTouch: true };
      const { page, complaints } = await openClassifier(t, options);
      await firstAnswer(page);
      for (const [colour, label] of [
        [easy, 'red'],
        [harder, 'green'],
        [hard, 'blue'],
      ])
        await classify(page, colour, label);
      assert.deepEqual(await page.evaluate(faintInPage), []);
      for (const width of [390, 360]) {
        await page.setViewportSize({ width, height: 844 });
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `nothing is wider than ${width} pixels`);
      }
      await page.screenshot({ path: join(artifacts, `exits-phone-${colorScheme}.png`), fullPage: true });
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.screenshot({ path: join(artifacts, `exits-${colorScheme}.png`), fullPage: true });
      assert.deepEqual(complaints, []);
    });
  }
});

for (const [name, launch] of Object.entries(browsers)) {
  test(`${name}: the sketch leaves somewhere`, { timeout: 300_000 }, async (t) => {
    const own = await launch();
    t.after(() => own.close());
    const page = await own.newPage();
    await page.goto(`${server.url}/classify.html?bundle=exits`);
    await page
      .waitForFunction(() => document.getElementById('saved').textContent !== '–', undefined, { timeout: 120_000 })
      .catch(async (error) => {
        throw new Error(`${error.message}\n${await page.evaluate(() => document.body.innerText)}`);
      });
    assert.match(await page.evaluate(() => document.getElementById('depth-words').textContent), /of the model ran[:,] /);
    assert.deepEqual(await page.complaints(), []);
  });
}
