// A real Firefox for tests, over WebDriver BiDi. Its pages have those of Playwright's functions that the tests of several
// browsers use; Playwright itself asks for commands that Debian's Firefox does not have.
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import WebSocket from 'ws';

import { removeHome, waitForFunction } from './page-functions.mjs';
import { startProgram } from './program.mjs';

const candidates = [process.env.SLUICE_FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'];

// Nothing is asked of other hosts. What videos may do without a visitor's hand stays as visitors have it.
const preferences = {
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'media.gmp-manager.updateEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
};

/** Resolves to { newPage, close }. */
export async function launchFirefox() {
  const path = candidates.find((one) => one !== undefined && existsSync(one));
  if (path === undefined) throw new Error(`no Firefox found at ${candidates.slice(1).join(', ')}; set SLUICE_FIREFOX`);
  const profile = mkdtempSync(join(tmpdir(), 'sluice-firefox-'));
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  writeFileSync(join(profile, 'user.js'), `${lines.join('\n')}\n`);
  const program = await startProgram(path, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'], {
    ready: /WebDriver BiDi listening on (ws:\/\/\S+)/,
    env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1' },
  });
  const connection = await connect(`${program.match[1]}/session`);
  await connection.send('session.new', { capabilities: {} });
  await connection.send('session.subscribe', { events: ['log.entryAdded'] });
  return {
    newPage: () => newPage(connection),
    async close() {
      await connection.send('browser.close', {}).catch(() => {});
      connection.close();
      await program.stop();
      removeHome(profile);
    },
  };
}

async function newPage(connection) {
  const { context } = await connection.send('browsingContext.create', { type: 'tab' });
  await connection.send('browsingContext.setViewport', { context, viewport: { width: 1360, height: 940 } });
  const complaints = [];
  connection.onEvent(({ method, params }) => {
    if (method === 'log.entryAdded' && params.source.context === context && params.level === 'error') complaints.push(`${params.type}: ${params.text}`);
  });
  const page = {
    goto: (url) => connection.send('browsingContext.navigate', { context, url, wait: 'complete' }),
    // Arguments and results cross as JSON, which the protocol's own form of values would only wrap.
    async evaluate(use, argument) {
      const answer = await connection.send('script.callFunction', {
        functionDeclaration: `async (argument) => JSON.stringify(await (${use})(JSON.parse(argument)))`,
        arguments: [{ type: 'string', value: JSON.stringify(argument ?? null) }],
        awaitPromise: true,
        userActivation: true,
        target: { context },
      });
      if (answer.type === 'exception') throw new Error(answer.exceptionDetails.text);
      return answer.result.type === 'string' ? JSON.parse(answer.result.value) : undefined;
    },
    waitForFunction: (use, argument, options) => waitForFunction(page, use, argument, options),
    complaints: async () => complaints,
    close: () => connection.send('browsingContext.close', { context }),
  };
  return page;
}

// Commands are answered by number, events by name.
async function connect(url) {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const waiting = new Map();
  const listeners = [];
  let last = 0;
  socket.on('message', (text) => {
    const message = JSON.parse(text);
    if (message.type === 'event') return void listeners.forEach((listen) => listen(message));
    const { resolve, reject } = waiting.get(message.id) ?? {};
    waiting.delete(message.id);
    if (message.type === 'error') reject?.(new Error(`${message.error}: ${message.message}`));
    else resolve?.(message.result);
  });
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('Firefox closed the connection'));
    waiting.clear();
  });
  return {
    send: (method, params) =>
      new Promise((resolve, reject) => {
        last += 1;
        waiting.set(last, { resolve, reject });
        socket.send(JSON.stringify({ id: last, method, params }));
      }),
    onEvent: (listen) => listeners.push(listen),
    close: () => socket.close(),
  };
}
