// The browsers that a test runs in one after the other. Each launches to { newPage, close }; a page has goto, evaluate,
// waitForFunction and close as Playwright's have, and complaints(): what went wrong in it.
import { launchBrowser, newPage } from './browser.mjs';
import { launchFirefox } from './firefox.mjs';
import { launchWebkit } from './webkit.mjs';

async function launchChromium() {
  const browser = await launchBrowser();
  return {
    async newPage() {
      const { page, complaints } = await newPage(browser);
      page.complaints = async () => complaints;
      return page;
    },
    close: () => browser.close(),
  };
}

export const browsers = { chromium: launchChromium, firefox: launchFirefox, webkit: launchWebkit };
