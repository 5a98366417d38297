// The real sluice-server, started on a free port with a folder of bundles; its binary comes from the native build.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const program = process.env.SLUICE_SERVER ?? join(process.env.SLUICE_BUILD ?? join(root, 'build'), 'native/server/sluice-server');

/** Resolves when the server accepts connections, to { url, socketUrl, stop }. */
export async function startServer(bundles, options = [], wantedPort = 0) {
  if (!existsSync(program)) {
    throw new Error(`${program} is not built: cmake --preset native && cmake --build --preset native --target sluice-server`);
  }
  const child = spawn(program, ['--bundles', bundles, '--address', '127.0.0.1', '--port', String(wantedPort), ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let output = '';
  const port = await new Promise((resolve, reject) => {
    const read = (chunk) => {
      output += chunk;
      const match = /https?:\/\/127\.0\.0\.1:(\d+)/.exec(output);
      if (match) resolve(Number(match[1]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`sluice-server ended with status ${status}:\n${output}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    output: () => output,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode === null) child.kill(signal);
      await ended;
    },
  };
}
