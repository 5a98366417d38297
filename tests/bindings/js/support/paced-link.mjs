// A link as thin as a test wants it between a page and a server on this machine: the proxy of the link bench, from the native build.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startProgram } from '../../support/program.mjs';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const program = join(process.env.SLUICE_BUILD ?? join(root, 'build'), 'native/native/bench/paced_link');

/** Resolves to { url, stop }: the server's WebSocket through such a link. Stopping it cuts its connections. */
export async function startPacedLink(toPort, upBytesPerS, delayMs = 5) {
  if (!existsSync(program)) throw new Error(`${program} is not built: cmake --preset native && cmake --build --preset native --target paced_link`);
  const args = ['--to-port', toPort, '--up-bytes-per-s', upBytesPerS, '--down-bytes-per-s', 10_000_000, '--delay-ms', delayMs].map(String);
  const { match, stop } = await startProgram(program, args, { ready: /listening (\d+)/, stdin: 'pipe' });
  return { url: `ws://127.0.0.1:${match[1]}/v1/stream`, stop };
}
