// The headless Chromium that the benches measure in: quiet, so that nothing of its own runs beside what is measured.
import { chromium } from 'playwright-core';

/** `more`: further switches of the command line. */
export function launchChromium(executablePath, more = []) {
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}
