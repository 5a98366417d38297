// A page of the demo as a visitor's window has it, with what goes wrong in it: errors of its scripts, and what its own
// Content-Security-Policy blocks. What the network does not answer is part of some tests, and no complaint.
export async function openPage(browser, address, contextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 940 }, ...contextOptions });
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Uncaught/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(address);
  return { context, page, complaints };
}
