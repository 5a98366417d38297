// The demo page in each browser against the real server: it plays the sample stream by itself, some frames are skipped, some answered by the
// server with boxes, all are counted.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { browsers } from '../bindings/support/browsers.mjs';
import { startServer } from './server.mjs';

const patience = { timeout: 120_000 };
let server;

before(async () => {
  server = await startServer();
});
after(() => server?.stop());

// Of every kind of answer, and of the frames, as the page shows them.
const countsInPage = () =>
  Object.fromEntries([...document.querySelectorAll('#legend b, #count-frames')].map(({ id, textContent }) => [id, Number(textContent.replaceAll(',', ''))]));
const answered = ([id, wanted]) => Number(document.getElementById(id)?.textContent.replaceAll(',', '')) >= wanted;

// On failure with what the page says.
async function waitFor(page, use, argument) {
  await page.waitForFunction(use, argument, patience).catch(async (error) => {
    throw new Error(`${error.message}\n${await page.evaluate(() => document.body.innerText)}`);
  });
}

for (const [name, launch] of Object.entries(browsers)) {
  test(`${name}: the sample stream plays, is skipped in part, and gets boxes from the server`, { timeout: 300_000 }, async (t) => {
    const browser = await launch();
    t.after(() => browser.close());
    const page = await browser.newPage();
    await page.goto(server.url);
    for (const id of ['count-remote', 'count-skipped']) await waitFor(page, answered, [id, 5]);
    await waitFor(page, () => document.querySelector('#verdict[data-kind="remote"]') !== null);
    await page.evaluate(() => void document.getElementById('pause').click());
    const { 'count-frames': frames, ...kinds } = await page.evaluate(countsInPage);
    assert.equal(
      Object.values(kinds).reduce((a, b) => a + b),
      frames,
      JSON.stringify({ frames, ...kinds }),
    );
    assert.deepEqual(await page.complaints(), []);
  });
}
