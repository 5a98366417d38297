// The demo page in each browser against the real server: it plays the sample stream, some frames are skipped, some answered by the
// server with boxes, all are counted.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { browsers } from '../bindings/support/browsers.mjs';
import { startServer } from './server.mjs';

const patience = { timeout: 90_000 };
let server;

before(async () => {
  server = await startServer();
});
after(() => server?.stop());

// Whether frames come; presses the play button, once, where the page waits for that.
const playing = () => {
  const start = document.querySelector('#start:not([disabled])');
  if (start?.checkVisibility() && !window.pressed) {
    window.pressed = true;
    start.click();
  }
  return Number(document.getElementById('count-frames').textContent.replaceAll(',', '')) > 0;
};

const countsInPage = () =>
  Object.fromEntries(['frames', 'skipped', 'ran', 'lost'].map((id) => [id, Number(document.getElementById(`count-${id}`).textContent.replaceAll(',', ''))]));

for (const [name, launch] of Object.entries(browsers)) {
  test(`${name}: the sample stream plays, is skipped in part, and gets boxes from the server`, { timeout: 300_000 }, async (t) => {
    const browser = await launch();
    t.after(() => browser.close());
    const page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForFunction(playing, undefined, patience);
    for (const id of ['ran', 'skipped']) {
      await page.waitForFunction((field) => Number(document.getElementById(`count-${field}`).textContent.replaceAll(',', '')) >= 5, id, patience);
    }
    await page.waitForFunction(() => document.querySelector('#verdict[data-kind="remote"]') !== null, undefined, patience);
    await page.evaluate(() => void document.getElementById('pause').click());
    const counts = await page.evaluate(countsInPage);
    assert.equal(counts.skipped + counts.ran + counts.lost, counts.frames, JSON.stringify(counts));
    assert.deepEqual(await page.complaints(), []);
  });
}
