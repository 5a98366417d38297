// The demo page in real Chromium against the real server: it plays the sample stream, skips, sends, draws and counts; it goes
// on without a server and without a camera, and says so. Screenshots: build/test-artifacts/web-demo.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { launchBrowser } from '../bindings/support/browser.mjs';
import { openPage } from './page.mjs';
import { root, startServer } from './server.mjs';

const artifacts = join(root, 'build', 'test-artifacts', 'web-demo');
const patienceMs = 90_000;

let server;
let browser;

before(async () => {
  mkdirSync(artifacts, { recursive: true });
  server = await startServer();
  browser = await launchBrowser(); // autoplay as visitors have it: muted videos only
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function count(page, id) {
  return Number((await page.textContent(`#count-${id}`)).replaceAll(',', ''));
}

async function waitForCount(page, id, least) {
  await page.waitForFunction(([field, wanted]) => Number(document.getElementById(`count-${field}`).textContent.replaceAll(',', '')) >= wanted, [id, least], {
    timeout: patienceMs,
  });
}

async function waitForCountOf(page, id, wanted) {
  await page.waitForFunction(([field, value]) => document.getElementById(`count-${field}`).textContent === String(value), [id, wanted], {
    timeout: patienceMs,
  });
}

// The number of frames that a model saw, wherever it ran.
async function waitForRuns(page, least) {
  await page.waitForFunction(
    (wanted) => ['remote', 'local'].map((kind) => Number(document.getElementById(`count-${kind}`).textContent)).reduce((a, b) => a + b) >= wanted,
    least,
    { timeout: patienceMs },
  );
}

// Runs in the page: the words, but for those on the picture, whose contrast with what lies behind them is below that of WCAG's level AA.
function contrastsInPage() {
  for (const notice of document.querySelectorAll('.notice')) {
    notice.querySelector('p').textContent = 'something is missing';
    notice.hidden = false;
  }
  for (const item of document.querySelectorAll('#legend li')) item.hidden = false;
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((level) => (level / 255 <= 0.03928 ? level / 255 / 12.92 : ((level / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (one) => {
    const { backgroundColor } = getComputedStyle(one);
    return (channels(backgroundColor)[3] ?? 1) === 1 ? backgroundColor : behind(one.parentElement);
  };
  const faint = [];
  for (const one of document.querySelectorAll('body *')) {
    const words = [...one.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE).map(({ data }) => data.trim());
    if (words.join('') === '' || one.closest('.picture') !== null || !one.checkVisibility()) continue;
    const [high, low] = [getComputedStyle(one).color, behind(one)].map(luminance).sort((a, b) => b - a);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) faint.push(`${words.join(' ')}: ${contrast.toFixed(2)}`);
  }
  return { ground: getComputedStyle(document.body).backgroundColor, faint };
}

describe('the demo page', { timeout: 600_000 }, () => {
  test('plays the sample stream by itself: some frames are skipped, some reused, some get boxes from the server, all are counted', async () => {
    const { context, page, complaints } = await openPage(browser, server.url);
    await waitForCount(page, 'remote', 10);
    await waitForCount(page, 'skipped', 10);
    await waitForCount(page, 'reused', 10);
    assert.ok(await page.isHidden('#overlay'), 'nothing lies over the picture');
    assert.doesNotMatch(await page.innerText('body'), /loading/i);
    await page.waitForSelector('#chip-server[data-state="ready"]');
    await page.waitForSelector('#verdict[data-kind="remote"]', { timeout: patienceMs });
    await page.screenshot({ path: join(artifacts, 'playing.png') });
    await page.click('#pause');
    const counts = await page.evaluate(() =>
      Object.fromEntries(
        [...document.querySelectorAll('#legend b, #count-frames')].map(({ id, textContent }) => [id, Number(textContent.replaceAll(',', ''))]),
      ),
    );
    const { 'count-frames': frames, ...kinds } = counts;
    assert.equal(
      Object.values(kinds).reduce((a, b) => a + b),
      frames,
      'every frame is counted once',
    );
    // A frame that comes before the connection does runs in the page, so that one may have occurred.
    for (const kind of ['exited', 'split', 'local'])
      assert.equal(await page.isHidden(`#legend [data-kind="${kind}"]`), kinds[`count-${kind}`] === 0, `${kind} is in the legend once it occurred`);
    assert.match(await page.textContent('#count-bytes'), /[1-9]/, 'bytes were saved');
    assert.equal(await page.evaluate(() => crossOriginIsolated), true, 'the server sends the isolation headers');
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('the accuracy slider changes the threshold; at its end nothing is skipped', async () => {
    const { context, page } = await openPage(browser, server.url);
    await waitForCount(page, 'frames', 5);
    await waitForCount(page, 'skipped', 1);
    await page.evaluate(() => {
      const slider = document.getElementById('target');
      slider.value = slider.max;
      slider.dispatchEvent(new Event('input'));
    });
    assert.equal(await page.textContent('#target-value'), '100 %');
    assert.equal(await page.textContent('#target-note'), 'Every frame runs the model.');
    await waitForCountOf(page, 'skipped', 0); // counted anew, from the moment that the gate works at the new target
    await waitForCount(page, 'frames', 30);
    assert.deepEqual([await count(page, 'skipped'), await count(page, 'reused')], [0, 0], 'the gate answers nothing at 100 %');
    assert.equal(await page.textContent('#count-filtered'), '0 %');
    await context.close();
  });

  test('the link may be made slower while it plays; a dead one stops answers, and they come again', async () => {
    const { context, page, complaints } = await openPage(browser, server.url);
    await page.waitForFunction(() => /was sent/.test(document.getElementById('network-last').textContent), undefined, { timeout: patienceMs });
    assert.equal(await page.textContent('#network-in-time'), '100 %');
    await page.click('text=dead');
    await page.waitForFunction(() => /came to nothing: deadline_expired/.test(document.getElementById('network-last').textContent), undefined, {
      timeout: patienceMs,
    });
    assert.notEqual(await page.textContent('#network-in-time'), '100 %');
    await page.screenshot({ path: join(artifacts, 'dead-link.png') });
    await page.click('text=as it is');
    await page.waitForFunction(() => document.getElementById('network-in-time').textContent === '100 %', undefined, { timeout: patienceMs });
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('with the quickest way each frame shows what was considered, what it took and what was expected; a dead link is answered in the page', async () => {
    const { context, page, complaints } = await openPage(browser, server.url);
    await waitForCount(page, 'frames', 1);
    assert.ok(await page.isHidden('#decision'));
    assert.match(await page.textContent('#decision-none'), /sent whole/);
    await page.click('text=the quickest way');
    await page.waitForSelector('#decision:visible', { timeout: patienceMs });
    await page.waitForFunction(() => document.querySelectorAll('#decision-bars li').length >= 2, undefined, { timeout: patienceMs });
    const decision = () =>
      page.evaluate(() => {
        const rows = [...document.querySelectorAll('#decision-bars li')].map((row) => ({
          choice: row.dataset.choice,
          taken: row.classList.contains('taken'),
          marked: row.querySelector('u') !== null,
          words: row.querySelector('span').textContent,
          width: row.querySelector('i').clientWidth,
        }));
        const text = (id) => document.getElementById(id).textContent;
        return { rows, form: text('decision-form'), met: text('decision-met'), words: text('decision-words'), sums: text('decision-sums') };
      });
    const shown = await decision();
    assert.equal(shown.rows.filter(({ taken }) => taken).length, 1, JSON.stringify(shown));
    for (const { choice, taken, marked, words, width } of shown.rows) {
      assert.ok(['whole', 'small', 'here'].includes(choice), choice);
      assert.equal(marked, taken);
      assert.match(words, choice === 'here' ? /^[\d.]+ m?s$/ : /^[\d.]+ m?s, [\d.]+ [kM]B$/);
      assert.ok(width >= 48, `${width} px`);
    }
    assert.match(shown.form, /whole|shrunk|in this page/);
    assert.match(shown.met, /^(in time|late)$/);
    assert.match(shown.words, /^(Expected|It waited)/);
    assert.match(shown.sums, /^Of the latest frames: /);
    await page.screenshot({ path: join(artifacts, 'quickest.png') });
    await page.click('text=dead');
    await page.waitForFunction(() => /in this page/.test(document.getElementById('decision-form').textContent), undefined, { timeout: patienceMs });
    await waitForCount(page, 'local', 1);
    await page.screenshot({ path: join(artifacts, 'quickest-dead.png') });
    await page.click('text=Model in this page');
    await page.waitForFunction(() => /no other way/.test(document.getElementById('decision-none').textContent), undefined, { timeout: patienceMs });
    assert.ok(await page.isHidden('#decision'));
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('kept live the promise is drawn as it goes, other footage is a button away, and a target of 100 % promises nothing', async () => {
    for (const [colorScheme, viewport] of [
      ['dark', { width: 1360, height: 940 }],
      ['light', { width: 390, height: 844 }],
    ]) {
      const { context, page, complaints } = await openPage(browser, server.url, { viewport, colorScheme });
      await waitForCount(page, 'frames', 1);
      assert.ok(await page.isHidden('#promise'));
      await page.click('text=kept live');
      await page.waitForFunction(() => /audited/.test(document.getElementById('promise-audits').textContent), undefined, { timeout: patienceMs });
      await page.waitForFunction(() => Number(document.getElementById('count-frames').textContent) > 60, undefined, { timeout: patienceMs });
      await page.click('#jump');
      await page.waitForFunction(() => /kept|only just/.test(document.getElementById('promise-state').textContent), undefined, { timeout: patienceMs });
      const shown = await page.evaluate(() => {
        const text = (id) => document.getElementById(id).textContent;
        const canvas = document.getElementById('promise-course');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let drawn = 0;
        for (let i = 3; i < data.length; i += 4) if (data[i] !== 0) ++drawn;
        return {
          drawn,
          agreement: text('promise-agreement'),
          proven: text('promise-proven'),
          spent: text('promise-spent'),
          thresholds: text('promise-thresholds'),
        };
      });
      assert.match(shown.agreement, /^[\d.]+\u00a0%$/);
      assert.match(shown.proven, /^≥ [\d.]+\u00a0%$/);
      assert.match(shown.spent, /^[\d.]+ of [\d.]+$/);
      assert.match(shown.thresholds, /skip below 0\.\d{3}, reuse below \d/);
      assert.ok(shown.drawn > 200, `${shown.drawn} pixels`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), viewport.width);
      await page.screenshot({ path: join(artifacts, `promise-${colorScheme}.png`), fullPage: true });
      await page.focus('#target');
      await page.press('#target', 'End');
      await page.waitForFunction(() => document.getElementById('promise-state').textContent === 'nothing to promise', undefined, { timeout: patienceMs });
      await page.click('text=calibrated');
      await page.waitForSelector('#promise', { state: 'hidden', timeout: patienceMs });
      assert.deepEqual(complaints, []);
      await context.close();
    }
  });

  test('the cheapest answer says what each would have cost', async () => {
    const { context, page, complaints } = await openPage(browser, server.url);
    await page.click('text=the cheapest answer');
    await page.waitForFunction(() => document.querySelectorAll('#decision-bars li').length >= 2, undefined, { timeout: patienceMs });
    const words = await page.evaluate(() => [...document.querySelectorAll('#decision-bars li span')].map(({ textContent }) => textContent));
    for (const one of words) assert.match(one, /costs [\d.]+$/);
    await page.screenshot({ path: join(artifacts, 'cheapest.png') });
    for (const width of [1360, 390, 320]) {
      await page.setViewportSize({ width, height: 940 });
      const beyond = await page.evaluate(() => {
        const panel = document.querySelector('.network').getBoundingClientRect();
        return [...document.querySelectorAll('#decision-bars span')].filter((one) => one.getBoundingClientRect().right > panel.right - 8).length;
      });
      assert.equal(beyond, 0, `${width} px`);
    }
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('the decision fits a phone, and its words are legible', async () => {
    for (const colorScheme of ['dark', 'light']) {
      const { context, page } = await openPage(browser, server.url, { viewport: { width: 390, height: 844 }, hasTouch: true, colorScheme });
      await page.click('text=the quickest way');
      await page.waitForFunction(() => document.querySelectorAll('#decision-bars li').length >= 2, undefined, { timeout: patienceMs });
      await page.screenshot({ path: join(artifacts, `quickest-phone-${colorScheme}.png`), fullPage: true });
      for (const width of [390, 320]) {
        await page.setViewportSize({ width, height: 844 });
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
        const clipped = await page.evaluate(
          () =>
            [...document.querySelectorAll('.network :is(.segments span, dd, .bars span, .bars b)')].filter((one) => one.scrollWidth > one.clientWidth + 1)
              .length,
        );
        assert.equal(clipped, 0, 'no words are cut off');
      }
      await page.setViewportSize({ width: 1360, height: 940 }); // where no words lie on the picture but the verdict
      const { faint } = await page.evaluate(contrastsInPage);
      assert.deepEqual(faint, [], colorScheme);
      await context.close();
    }
  });

  test('another source or place is counted from nothing', async () => {
    const { context, page } = await openPage(browser, server.url);
    // The counts that the page showed, in order: those of the old source must not come again after the first of the new.
    const record = () =>
      page.evaluate(() => {
        window.shown = [];
        const frames = document.getElementById('count-frames');
        new MutationObserver(() => window.shown.push(Number(frames.textContent.replaceAll(',', '')))).observe(frames, { childList: true });
      });
    await record();
    for (const choice of ['Model in this page', 'Model on the server', 'Camera']) {
      await waitForCount(page, 'frames', 10);
      await page.evaluate(() => (window.shown.length = 0));
      await page.click(`text=${choice}`);
      await page.waitForFunction(() => window.shown.includes(0) && window.shown.at(-1) >= 3, undefined, { timeout: patienceMs });
      const shown = await page.evaluate(() => window.shown);
      const since = shown.slice(shown.lastIndexOf(0));
      assert.deepEqual(
        since,
        Array.from(since, (_, i) => i),
        `${choice}: ${shown}`,
      );
    }
    await context.close();
  });

  test('without a camera it says so and plays the sample stream', async () => {
    const { context, page, complaints } = await openPage(browser, server.url);
    await waitForCount(page, 'frames', 1);
    await page.click('text=Camera');
    await page.waitForSelector('#notice-source:visible', { timeout: patienceMs });
    assert.match(await page.textContent('#notice-source p'), /camera.*sample stream plays instead/i);
    await waitForCount(page, 'frames', 10);
    assert.ok(await page.isVisible('#notice-source'), 'the gate, which is well, has not taken the message away');
    assert.ok(await page.isHidden('#notice-gate'));
    await page.screenshot({ path: join(artifacts, 'no-camera.png') });
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('the full model runs in the page when asked to', async () => {
    const { context, page, complaints } = await openPage(browser, server.url);
    await waitForCount(page, 'frames', 1);
    await page.click('text=Model in this page');
    await page.waitForSelector('#chip-server:has-text("no server needed")', { timeout: patienceMs });
    await waitForCount(page, 'local', 3);
    await page.waitForSelector('#verdict[data-kind="local"]', { timeout: patienceMs });
    await page.screenshot({ path: join(artifacts, 'in-page.png') });
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('when the server goes it says so, goes on in the page, and comes back with the server', async () => {
    const { context, page } = await openPage(browser, server.url);
    await page.waitForSelector('#chip-server[data-state="ready"]', { timeout: patienceMs });
    await waitForRuns(page, 3);
    const { port } = server;
    await server.stop();
    try {
      await page.waitForSelector('#notice-gate:has-text("runs in this page")', { timeout: patienceMs });
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
    const { context, page } = await openPage(browser, server.url);
    await context.route(server.url, async (route) => {
      const response = await route.fetch();
      const headers = response.headers();
      delete headers['cross-origin-opener-policy'];
      delete headers['cross-origin-embedder-policy'];
      await route.fulfill({ response, headers });
    });
    await page.reload();
    await waitForCount(page, 'frames', 10);
    assert.equal(await page.evaluate(() => crossOriginIsolated), false);
    assert.match(await page.textContent('#environment'), /isolat/i);
    await context.close();
  });

  test('fits the screen of a phone, whatever it has to say', async () => {
    const { context, page } = await openPage(browser, server.url, { viewport: { width: 390, height: 844 }, hasTouch: true });
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(await width(), 390);
    await waitForRuns(page, 1);
    assert.equal(await width(), 390);
    await page.screenshot({ path: join(artifacts, 'phone.png'), fullPage: true });
    // The longest texts that the header and the notice get.
    await page.evaluate(() => {
      document.querySelector('#chip-server span').textContent = 'no server, retry in 1234 s';
      for (const notice of document.querySelectorAll('.notice')) {
        notice.querySelector('p').textContent = `wss://${'a-very-long-host-name.'.repeat(6)}example.org refused`;
        notice.hidden = false;
      }
      for (const item of document.querySelectorAll('#legend li')) item.hidden = false;
    });
    assert.equal(await width(), 390);
    await page.screenshot({ path: join(artifacts, 'phone-full.png'), fullPage: true });
    await page.setViewportSize({ width: 320, height: 640 });
    assert.equal(await width(), 320);
    await page.screenshot({ path: join(artifacts, 'narrow.png'), fullPage: true });
    const clipped = () =>
      page.evaluate(() => [...document.querySelectorAll('.segments span, .counters dd')].filter((one) => one.scrollWidth > one.clientWidth + 1).length);
    assert.equal(await clipped(), 0, 'no words are cut off');
    await context.close();
  });

  test('all words are legible, on a dark system and on a light one', async () => {
    const grounds = [];
    for (const colorScheme of ['dark', 'light']) {
      const { context, page } = await openPage(browser, server.url, { colorScheme });
      await waitForRuns(page, 1);
      const { ground, faint } = await page.evaluate(contrastsInPage);
      assert.deepEqual(faint, [], colorScheme);
      grounds.push(ground);
      await page.screenshot({ path: join(artifacts, `${colorScheme}.png`), fullPage: true });
      await page.setViewportSize({ width: 390, height: 844 });
      await page.screenshot({ path: join(artifacts, `${colorScheme}-phone.png`), fullPage: true });
      await context.close();
    }
    assert.equal(new Set(grounds).size, 2, String(grounds));
  });

  test('the bar under the picture keeps to one line on screens with a column beside it', async () => {
    const { context, page } = await openPage(browser, server.url);
    // A count of frames is not enough: on a busy machine the first ones may be lost, which shows no verdict.
    await page.waitForSelector('#verdict:not(:empty)', { timeout: patienceMs });
    for (const width of [1000, 1024, 1179, 1180, 1360]) {
      await page.setViewportSize({ width, height: 800 });
      const height = await page.evaluate(() => document.querySelector('.bar').clientHeight);
      assert.ok(height < 80, `at ${width} it is ${height} high`);
      const { verdict, picture, pause } = await page.evaluate(() =>
        Object.fromEntries(['verdict', 'picture', 'pause'].map((id) => [id, document.getElementById(id).getBoundingClientRect().toJSON()])),
      );
      assert.ok(verdict.left >= picture.left && verdict.right <= picture.right, `at ${width} the verdict lies on the picture`);
      assert.ok(verdict.right <= pause.left || pause.top >= verdict.bottom, `at ${width} the verdict lies beside the button`);
    }
    await context.close();
  });

  test('the credits are a table, not its source', async () => {
    const { context, page } = await openPage(browser, server.url);
    await page.waitForSelector('#credits table', { state: 'attached', timeout: patienceMs });
    await page.click('summary');
    const text = await page.innerText('#credits');
    assert.match(text, /CC-BY-SA-4\.0/);
    assert.doesNotMatch(text, /[|`#]/);
    const shape = await page.evaluate(() => [...document.querySelectorAll('#credits tr')].map((row) => row.cells.length));
    assert.ok(shape.length > 3 && shape.every((cells) => cells === 4), String(shape));
    await page.setViewportSize({ width: 320, height: 640 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
    await page.screenshot({ path: join(artifacts, 'credits.png'), fullPage: true });
    await context.close();
  });

  test('a browser that refuses to play gets a button, and plays when it is pressed', async () => {
    const { context, page } = await openPage(browser, server.url);
    await page.addInitScript(() => {
      let pressed = false; // not navigator.userActivation, which a reload may keep
      addEventListener('pointerdown', () => (pressed = true), true);
      const { play } = HTMLMediaElement.prototype;
      HTMLMediaElement.prototype.play = function () {
        return pressed ? play.call(this) : Promise.reject(new DOMException('press first', 'NotAllowedError'));
      };
    });
    await page.reload();
    await page.waitForSelector('#start:visible', { timeout: patienceMs });
    assert.equal(await page.textContent('#start b'), 'Play');
    assert.ok((await page.isHidden('#notice-gate')) && (await page.isHidden('#notice-source')), 'there is nothing to explain');
    assert.equal(
      await page.evaluate(() =>
        document
          .getElementById('picture')
          .getContext('2d')
          .getImageData(0, 0, 640, 480)
          .data.some((byte, i) => i % 4 < 3 && byte > 40),
      ),
      true,
      'the picture is not black',
    );
    await page.screenshot({ path: join(artifacts, 'press-play.png') });
    await page.click('#start');
    await waitForCount(page, 'frames', 5);
    assert.ok(await page.isHidden('#overlay'));
    await context.close();
  });

  test('a video that cannot be played is explained in a whole sentence', async () => {
    const { context, page } = await openPage(browser, server.url);
    await context.route('**/footage/stream.mp4', (route) => route.fulfill({ status: 200, contentType: 'video/mp4', body: Buffer.alloc(2000, 7) }));
    await page.addInitScript(() => {
      // As Firefox and WebKit report a missing codec: a number, and an empty message.
      Object.defineProperty(HTMLMediaElement.prototype, 'error', { get: () => ({ code: 4, message: '' }) });
    });
    await page.reload();
    await page.waitForSelector('#notice-source:visible', { timeout: patienceMs });
    assert.match(await page.textContent('#notice-source p'), /could not be played: this browser does not play H\.264 video/);
    assert.equal(await page.textContent('#start b'), 'Try again');
    await context.close();
  });

  test('changing the source while it loads leaves one run, not two', async () => {
    const { context, page, complaints } = await openPage(browser, server.url);
    for (const place of ['Model in this page', 'Model on the server', 'Model in this page', 'Model on the server']) await page.click(`text=${place}`);
    await page.waitForSelector('#chip-server[data-state="ready"]', { timeout: patienceMs });
    await waitForCount(page, 'frames', 20);
    const states = await page.evaluate(() => document.getElementById('overlay').hidden);
    assert.equal(states, true);
    assert.deepEqual(complaints, []);
    await context.close();
  });
});
