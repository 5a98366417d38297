// Starts the built sluice-server for a test, on a free port of loopback, and ends that very process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = resolve(fileURLToPath(new URL('.', import.meta.url)), '..', '..');
const build = process.env.SLUICE_BUILD ?? join(root, 'build', 'native');
const binary = process.env.SLUICE_SERVER ?? join(build, 'server', 'sluice-server');
const bundles = process.env.SLUICE_BUNDLES ?? join(root, 'build', 'bundles');

/** Resolves to { url, stop } once the server says where it listens. */
export async function startServer({ port = 0, options = [] } = {}) {
  const child = spawn(binary, ['--bundles', bundles, '--web-root', join(root, 'web-demo', 'dist'), '--port', String(port), ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = [];
  const listening = new Promise((done, failed) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line);
        if (found) done(Number(found[1]));
      });
    }
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`the server ended with ${code}:\n${said.join('\n')}`)));
    setTimeout(() => failed(new Error(`the server did not say where it listens:\n${said.join('\n')}`)), 60_000).unref();
  });
  const found = await listening;
  return {
    port: found,
    url: `http://127.0.0.1:${found}/`,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
