// A real WebKit for tests: WebKitGTK's MiniBrowser on a virtual display, over WebDriver. Its pages have those of Playwright's
// functions that the tests of several browsers use; Playwright's own WebKit is a build that Debian does not have.
import { existsSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { removeHome, waitForFunction } from './page-functions.mjs';
import { startProgram } from './program.mjs';

const driver = process.env.SLUICE_WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';
const browser = process.env.SLUICE_MINIBROWSER ?? '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';

/** Resolves to { newPage, close }. A session has one page: a second newPage() is a second browser. */
export async function launchWebkit() {
  for (const path of [driver, browser]) if (!existsSync(path)) throw new Error(`${path} is missing (Debian: webkit2gtk-driver)`);
  const home = mkdtempSync(join(tmpdir(), 'sluice-webkit-'));
  const display = await startProgram('Xvfb', ['-displayfd', '1', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], { ready: /^(\d+)\n/m });
  const port = await freePort();
  const program = await startProgram(driver, ['--host=127.0.0.1', `--port=${port}`], {
    env: {
      ...process.env,
      DISPLAY: `:${display.match[1]}`,
      HOME: home,
      XDG_RUNTIME_DIR: home,
      GDK_BACKEND: 'x11',
      NO_AT_BRIDGE: '1',
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await reachable(url);
  const sessions = [];
  return {
    async newPage() {
      const options = { binary: browser, args: ['--automation'] };
      const { sessionId } = await ask('POST', `${url}/session`, { capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } } });
      const session = `${url}/session/${sessionId}`;
      sessions.push(session);
      await ask('POST', `${session}/timeouts`, { script: 120_000, pageLoad: 120_000 });
      return pageOf(session);
    },
    async close() {
      for (const session of sessions) await ask('DELETE', session).catch(() => {});
      await program.stop();
      await display.stop();
      removeHome(home);
    },
  };
}

function pageOf(session) {
  const page = {
    async goto(address) {
      await ask('POST', `${session}/url`, { url: address });
      await page.evaluate(collectComplaints);
    },
    async evaluate(use, argument) {
      const script = `const done = arguments[1];
        (async () => (${use})(arguments[0]))().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
      const { value, error } = await ask('POST', `${session}/execute/async`, { script, args: [argument ?? null] });
      if (error !== undefined) throw new Error(error);
      return value ?? undefined;
    },
    waitForFunction: (use, argument, options) => waitForFunction(page, use, argument, options),
    complaints: () => page.evaluate(() => window.complaints),
    close: () => ask('DELETE', session),
  };
  return page;
}

// WebDriver has no events: the page itself keeps what goes wrong after it has loaded.
function collectComplaints() {
  window.complaints = [];
  const add = (what) => window.complaints.push(String(what));
  window.addEventListener('error', ({ message }) => add(message));
  window.addEventListener('unhandledrejection', ({ reason }) => add(reason));
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => add(`${violatedDirective}: ${blockedURI}`));
  const { error } = console;
  console.error = (...values) => (add(values.join(' ')), error.apply(console, values));
}

async function ask(method, url, body) {
  const response = await fetch(url, { method, body: body && JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${value.error}: ${value.message}`);
  return value;
}

// The driver doesn't say when it listens.
async function reachable(url) {
  for (const until = Date.now() + 60_000; ;) {
    try {
      return await ask('GET', `${url}/status`);
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
