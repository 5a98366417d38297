// What Playwright's pages can do and a driver has no command for.

/** Asks the page again and again until `use` answers with something true; rejects after `timeout` ms, naming what it asked. */
export async function waitForFunction(page, use, argument, { timeout = 30_000 } = {}) {
  const until = Date.now() + timeout;
  for (;;) {
    if (await page.evaluate(use, argument)) return;
    if (Date.now() > until) throw new Error(`not within ${timeout} ms: ${use} of ${JSON.stringify(argument)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
