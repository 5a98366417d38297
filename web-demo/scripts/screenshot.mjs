// Takes the README's picture of the demo: plays the sample stream of a running server (./dev demo) once, over a link of LINK kilobits a second,
// and looks after FRAMES of its frames, when a box is drawn and the panel of the link shows between which ways the last frame had the choice.
//
//   node web-demo/scripts/screenshot.mjs [ADDRESS = http://127.0.0.1:8080/] [FRAMES = 300] [LINK = 6000] [FILE = web-demo/screenshot.png]
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const picture = fileURLToPath(new URL('../screenshot.png', import.meta.url));
const [address = 'http://127.0.0.1:8080/', frames = '300', link = '6000', path = picture] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1360, height: 940 } });
  await page.goto(address);
  await page.click('text=the quickest way');
  await page.click(`label:has(input[name="link"][value="${link}"])`);
  await page.waitForFunction(
    (wanted) =>
      Number(document.getElementById('count-frames').textContent.replaceAll(',', '')) >= wanted &&
      /\d+ face/.test(document.querySelector('#verdict:is([data-kind="remote"], [data-kind="local"])')?.textContent ?? '') &&
      document.querySelectorAll('#decision-bars li').length >= 2,
    Number(frames),
    { timeout: 300_000 },
  );
  await page.screenshot({ path });
  console.log(`${path}: ${(await page.textContent('#verdict')).trim()}`);
} finally {
  await browser.close();
}
