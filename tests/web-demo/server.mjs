// The real sluice-server with the demo page and the bundles that ship.
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startServer as startServerOf } from '../bindings/js/support/server.mjs';

export const root = resolve(fileURLToPath(new URL('.', import.meta.url)), '..', '..');
export const bundles = process.env.SLUICE_BUNDLES ?? join(root, 'build', 'bundles');

/** Resolves to { port, url, stop } once the server says where it listens. */
export async function startServer({ port = 0, options = [] } = {}) {
  const server = await startServerOf(bundles, ['--web-root', join(root, 'web-demo', 'dist'), ...options], port);
  return { ...server, url: `${server.url}/` };
}
