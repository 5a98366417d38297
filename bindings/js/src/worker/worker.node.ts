// The package's worker in Node.
import { parentPort, type Transferable as NodeTransferable } from 'node:worker_threads';

import type { ToEngine } from './protocol.js';
import { serve } from './serve.js';
import { nodeTarget } from '../targets/node.js';

if (parentPort !== null) {
  const port = parentPort;
  const handle = serve(nodeTarget, { post: (message, transfer = []) => port.postMessage(message, transfer as readonly unknown[] as NodeTransferable[]) });
  port.on('message', (message: ToEngine) => handle(message));
  port.postMessage({ type: 'listening' });
}

export {};
