// What Playwright's pages can do and a driver has no command for.
import { rmSync } from 'node:fs';

/**
 * Asks the page until `use` answers with something true; rejects after `timeout` ms, naming what it asked. Each call to the driver asks
 * for a second within the page, since what is waited for may be gone before the driver would ask again.
 */
export async function waitForFunction(page, use, argument, { timeout = 30_000 } = {}) {
  const untilTrue = `async (argument) => {
    for (const until = performance.now() + 1000; performance.now() < until; await new Promise((later) => setTimeout(later, 10)))
      if (await (${use})(argument)) return true;
    return false;
  }`;
  for (const until = Date.now() + timeout; Date.now() < until;) if (await page.evaluate(untilTrue, argument)) return;
  throw new Error(`not within ${timeout} ms: ${use} of ${JSON.stringify(argument)}`);
}

/** Removes a browser's home. Its helper processes write into it until they end, which is some time after the browser did. */
export function removeHome(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
