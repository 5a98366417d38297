// Takes the README's picture of the demo: plays the sample stream of a running server (./dev demo) once and looks after FRAMES
// of its frames, when a box is drawn.
//
//   node web-demo/scripts/screenshot.mjs [ADDRESS = http://127.0.0.1:8080/] [FRAMES = 300]
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const [address = 'http://127.0.0.1:8080/', frames = '300'] = process.argv.slice(2);
const path = fileURLToPath(new URL('../screenshot.png', import.meta.url));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1360, height: 940 } });
  await page.goto(address);
  await page.waitForFunction(
    (wanted) =>
      Number(document.getElementById('count-frames').textContent.replaceAll(',', '')) >= wanted &&
      document.querySelector('#verdict[data-kind="remote"]')?.textContent.match(/\d+ face/) !== null,
    Number(frames),
    { timeout: 300_000 },
  );
  await page.screenshot({ path });
  console.log(`${path}: ${(await page.textContent('#verdict')).trim()}`);
} finally {
  await browser.close();
}
