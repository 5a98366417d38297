// The real sluice-server, started on a free port with a folder of bundles; its binary comes from the native build.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startProgram } from '../../support/program.mjs';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const program = process.env.SLUICE_SERVER ?? join(process.env.SLUICE_BUILD ?? join(root, 'build'), 'native/server/sluice-server');

/** Resolves when the server accepts connections, to { url, port, output, stop }. */
export async function startServer(bundles, options = [], wantedPort = 0) {
  if (!existsSync(program)) {
    throw new Error(`${program} is not built: cmake --preset native && cmake --build --preset native --target sluice-server`);
  }
  const args = ['--bundles', bundles, '--address', '127.0.0.1', '--port', String(wantedPort), ...options];
  const { match, output, stop } = await startProgram(program, args, { ready: /https?:\/\/127\.0\.0\.1:(\d+)/ });
  return { url: `http://127.0.0.1:${match[1]}`, port: Number(match[1]), output, stop };
}
